import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { decideOut, decideWeight, type ChangeDecision } from '../../../domain/traffic/change.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import type { OutChange, TrafficRouter, WeightChange } from '../port.ts';
import type { Installation } from './config.ts';
import { onDisk } from './disk.ts';
import { canBeOut } from './groups.ts';
import { readInstalled } from './install.ts';
import { lockFile } from './layout.ts';
import { withLock } from '../lock.ts';
import { readState, writeState } from './state.ts';

/**
 * nginx on this host, changed without a reload: a reload breaks the next request of every keep-alive client. nginx looks
 * at the state per request, so what is read from the directory is what it does, provided that it has loaded the include.
 */
export function createNginxRouter({ directory }: EntryVia<'nginx'>, planned: readonly number[]): TrafficRouter {
  async function change(
    plan: (now: TrafficState, installed: Installation) => { next: TrafficState; decision: ChangeDecision },
  ): Promise<TrafficState> {
    return onDisk(directory, async () => {
      const installed = await readChecked();
      return withLock(lockFile(directory), async () => {
        const now = await readState(directory, installed);
        const { next, decision } = plan(now, installed);
        if (decision.do === 'refuse')
          throw new CrossfadeError(decision.code, `The traffic in ${directory} was not changed: ${decision.why}.`);
        if (decision.do === 'nothing') return now;
        await writeState(directory, next);
        const after = await readState(directory, installed);
        if (!same(after, next))
          throw new CrossfadeError(
            'WeightNotApplied',
            `${directory} shows ${describeState(after)} after it was set to ${describeState(next)}.`,
          );
        return after;
      });
    });
  }

  async function readChecked(): Promise<Installation> {
    const installed = await readInstalled(directory);
    const missing = planned.filter((weight) => !installed.weights.includes(weight));
    if (missing.length === 0) return installed;
    const text = missing.map((weight) => `${weight} %`).join(', ');
    throw new CrossfadeError('NotInstalled', `The include of nginx in ${directory} has no split for ${text}.`);
  }

  return {
    async describe() {
      const { weights, nodes } = await onDisk(directory, readChecked);
      return { driver: 'nginx', place: directory, weights: [0, ...weights], nodes };
    },

    async current() {
      return onDisk(directory, async () => readState(directory, await readChecked()));
    },

    async verify(weight) {
      const now = await onDisk(directory, async () => readState(directory, await readChecked()));
      return { agrees: now.weight === weight, what: `${directory} has ${now.weight} % on Y` };
    },

    set: ({ upgrade, weight, epoch, expected }: WeightChange) =>
      change((now, installed) => {
        if (weight !== 0 && !installed.weights.includes(weight))
          throw new CrossfadeError(
            'NotInstalled',
            `The include of nginx in ${directory} has no split for ${weight} %.`,
          );
        const by = upgrade.runId;
        const wanted = { by, weight, epoch, ...(expected === undefined ? {} : { expected }) };
        return { next: { weight, out: now.out, epoch, by }, decision: decideWeight(now, wanted) };
      }),

    setOut: ({ upgrade, node, out, epoch }: OutChange) =>
      change((now, installed) => {
        const by = upgrade.runId;
        const nodes = [...now.out.filter((name) => name !== node), ...(out ? [node] : [])];
        checkGroups(installed, node, nodes);
        return {
          next: { weight: now.weight, out: nodes, epoch, by },
          decision: decideOut(now, { by, node, out, epoch }),
        };
      }),
  };

  function checkGroups({ nodes }: Installation, node: string, out: readonly string[]): void {
    const side = [nodes.x, nodes.y].find((list) => list.some(({ name }) => name === node));
    if (side === undefined)
      throw new CrossfadeError('NotInstalled', `The include of nginx in ${directory} does not know the node ${node}.`);
    const names = side.map(({ name }) => name);
    if (canBeOut(names, out)) return;
    const together = names.filter((name) => out.includes(name)).join(' and ');
    throw new CrossfadeError(
      'NotInstalled',
      `The include of nginx in ${directory} has no group without ${together} together.`,
    );
  }
}

const same = (a: TrafficState, b: TrafficState): boolean =>
  a.weight === b.weight &&
  a.epoch === b.epoch &&
  a.by === b.by &&
  [...a.out].sort().join() === [...b.out].sort().join();

const describeState = ({ weight, out, epoch }: TrafficState): string =>
  `${weight} % on Y, out: ${out.join(', ') || 'none'} (epoch ${epoch})`;
