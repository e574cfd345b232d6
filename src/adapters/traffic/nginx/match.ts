import { isDeepStrictEqual } from 'node:util';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { SideName } from '../../../domain/names.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Installation } from './installation.ts';

/** What the plan wants of nginx. */
export interface Wanted {
  readonly entry: EntryVia<'nginx'>;
  readonly weights: readonly number[];
  /** Names. */
  readonly nodes: Readonly<Record<SideName, readonly string[]>>;
}

const include = (directory: string) => `The include of nginx in ${directory}`;

/** The include is made for this plan; error `NotInstalled`, with everything that is different, where it is not. */
export function checkInstalled(installed: Installation, { entry, weights, nodes }: Wanted): void {
  const wrong = [
    ...otherNodes(installed, nodes),
    ...missing(installed, weights),
    ...(['sticky', 'testers', 'grpcPort'] as const).flatMap((what) =>
      isDeepStrictEqual(installed[what], entry[what])
        ? []
        : [`${what} is ${words(installed[what])} there, ${words(entry[what])} in the plan`],
    ),
  ];
  if (wrong.length > 0)
    throw new CrossfadeError('NotInstalled', `${include(entry.directory)} is not for this plan: ${wrong.join('; ')}.`);
}

/** It is made for the nodes of this plan: as much as a change needs, a retreat above all. */
export function checkNodes(installed: Installation, { entry, nodes }: Pick<Wanted, 'entry' | 'nodes'>): void {
  const [wrong] = otherNodes(installed, nodes);
  if (wrong !== undefined)
    throw new CrossfadeError('NotInstalled', `${include(entry.directory)} is not for this plan: ${wrong}.`);
}

/** It has a split for this weight. */
export function checkWeight(installed: Installation, { entry }: Pick<Wanted, 'entry'>, weight: number): void {
  const [wrong] = weight === 0 ? [] : missing(installed, [weight]);
  if (wrong !== undefined) throw new CrossfadeError('NotInstalled', `${include(entry.directory)} has ${wrong}.`);
}

function otherNodes(installed: Installation, nodes: Wanted['nodes']): readonly string[] {
  return (['x', 'y'] as const).flatMap((side) => {
    const there = installed.nodes[side].map(({ name }) => name);
    if (isDeepStrictEqual([...there].sort(), [...nodes[side]].sort())) return [];
    return [`${side.toUpperCase()} is ${there.join(', ')} there, ${nodes[side].join(', ')} in the plan`];
  });
}

function missing({ weights: splits }: Installation, weights: readonly number[]): readonly string[] {
  const without = weights.filter((weight) => !splits.includes(weight));
  return without.length === 0 ? [] : [`no split for ${without.map((weight) => `${weight} %`).join(', ')}`];
}

const words = (value: unknown): string => (value === undefined ? 'not set' : JSON.stringify(value));
