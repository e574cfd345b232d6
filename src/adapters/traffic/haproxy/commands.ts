import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { SideName } from '../../../domain/names.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { outOfService, type Found } from './state.ts';
import { weightsFor } from './weights.ts';

type Target = Pick<TrafficState, 'weight' | 'out'>;

/**
 * The commands that bring the backend to `target`, for one line: the side that gets more comes first, so that there is no moment
 * without a server that takes requests. Error `WeightImpossible`.
 */
export function commandsTo(
  { weight, out }: Target,
  backend: string,
  { sides, backend: { persistence }, now }: Found,
): string[] {
  const inService = (side: SideName) => {
    const gone = outOfService(sides[side], out);
    return sides[side].filter(({ name }) => !gone.has(name));
  };
  const nodes = { x: inService('x'), y: inService('y') };
  const weights = weightsFor(weight, { x: nodes.x.length, y: nodes.y.length });
  if (weights === undefined)
    throw new CrossfadeError(
      'WeightImpossible',
      `HAProxy's weights (0 to 256) can't give ${weight} % to ${nodes.y.length} nodes of Y beside ${nodes.x.length} of X.`,
    );

  const order: readonly SideName[] = weight > now.weight ? ['y', 'x'] : ['x', 'y'];
  const state = (name: string, wanted: string) => `set server ${backend}/${name} state ${wanted}`;
  const serves = (side: SideName, node: string) => nodes[side].some(({ name }) => name === node);
  const leaves = (side: SideName, node: string) => out.includes(node) && !now.out.includes(node) && !serves(side, node);
  // Weight 0 and drain do not keep away who has a cookie of the side; maintenance sends them to the other one. Where nobody is kept, drain
  // is better: with `on-marked-down shutdown-sessions`, maintenance cuts what runs.
  const closed = persistence === undefined ? 'drain' : 'maintenance';
  const closes = (side: SideName, node: string) =>
    persistence !== undefined && weights[side] === 0 && serves(side, node);
  const closing = order.flatMap((side) =>
    sides[side]
      .filter(({ name, blocked }) => blocked !== closed && (leaves(side, name) || closes(side, name)))
      .map(({ name }) => state(name, closed === 'drain' ? 'drain' : 'maint')),
  );
  return [
    ...order.flatMap((side) =>
      nodes[side].flatMap(({ name, blocked }) => [
        ...(blocked !== undefined && !closes(side, name) ? [state(name, 'ready')] : []),
        `set weight ${backend}/${name} ${weights[side]}`,
      ]),
    ),
    ...closing,
  ];
}
