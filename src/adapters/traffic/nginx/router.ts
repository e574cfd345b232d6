import { mkdtemp, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import { decideOut, decideTesters, decideWeight, type ChangeDecision } from '../../../domain/traffic/change.ts';
import type { TrafficState, Verification } from '../../../domain/traffic/state.ts';
import type { TrafficRouter } from '../port.ts';
import { askNginx } from './check.ts';
import { onDisk } from './disk.ts';
import { isUnwritable } from '../unwritable.ts';
import { canBeOut } from './groups.ts';
import { readInstalled } from './install.ts';
import type { Installation } from './installation.ts';
import { lockFile, statesFolder } from './layout.ts';
import { LONGEST_OF_A_RETREAT, withLock, type StillMine } from '../lock.ts';
import { checkInstalled, checkNodes, checkWeight } from './match.ts';
import { markedWeights, readState, removeWeight, writeState } from './state.ts';

/** Milliseconds between two questions to nginx. */
const ASK_AGAIN = 100;

type Change = { readonly next: TrafficState; readonly decision: ChangeDecision };

/**
 * nginx on this host, changed without a reload: a reload breaks the next request of every keep-alive client. nginx looks
 * at the state per request, so what is read from the directory is what it does, provided that it has loaded the include;
 * `describe` and `verify` ask nginx itself whether it has.
 */
export function createNginxRouter(
  entry: EntryVia<'nginx'>,
  { weights, nodes }: Pick<Balancer, 'weights' | 'nodes'>,
): TrafficRouter {
  const { directory } = entry;
  const wanted = { entry, weights, nodes };

  async function change(
    plan: (now: TrafficState, installed: Installation) => Change,
    longest?: number,
  ): Promise<TrafficState> {
    return onDisk(directory, async () => {
      const installed = await readInstalled(directory);
      // No more is asked here than the change needs: an include that was made anew must not stand in the way of a retreat.
      checkNodes(installed, wanted);
      const work = async (stillMine: StillMine) => {
        const now = await readState(directory, installed);
        const { next, decision } = plan(now, installed);
        if (decision.do === 'refuse')
          throw new CrossfadeError(decision.code, `The traffic in ${directory} was not changed: ${decision.why}.`);
        if (decision.do === 'nothing') return now;
        await writeState(directory, next, stillMine);
        const after = await readState(directory, installed);
        if (same(after, next)) return after;
        throw new CrossfadeError(
          'WeightNotApplied',
          `${directory} shows ${describeState(after)} after it was set to ${describeState(next)}.`,
        );
      };
      return withLock(lockFile(directory), work, undefined, longest);
    });
  }

  /** What the installer wrote down is gone: nginx goes by the markers all the same. */
  const isDamaged = () =>
    readInstalled(directory).then(
      () => false,
      () => true,
    );

  /** A retreat on a disk that is full, by its own errors perhaps: nothing can be written, but the marker of the weight can be removed. */
  async function takeBack(retreat: Parameters<typeof decideWeight>[1], why: Error): Promise<TrafficState> {
    const installed = { weights: await markedWeights(directory), nodes: { x: [], y: [] } };
    if (decideWeight(await readState(directory, installed), retreat).do === 'refuse') throw why;
    await onDisk(directory, () => removeWeight(directory, installed.weights));
    const after = await readState(directory, installed);
    if (after.weight !== 0) throw why;
    return after;
  }

  /** By doing it, so that it is found now, and not when the first step has to be made. */
  const proveWritable = () =>
    onDisk(directory, () =>
      withLock(lockFile(directory), async () => rmdir(await mkdtemp(join(statesFolder(directory), 'proof-')))),
    );

  async function read() {
    return onDisk(directory, async () => {
      const installed = await readInstalled(directory);
      checkInstalled(installed, wanted);
      return { installed, state: await readState(directory, installed) };
    });
  }

  /** What the directory says, and what nginx says that it goes by. */
  async function look(weight: number): Promise<Verification> {
    try {
      const { installed, state } = await read();
      const obeyed = await askNginx(entry, installed.fingerprint);
      const what = `${directory} has ${state.weight} % on Y, and nginx says that it goes by ${obeyed} %`;
      return { agrees: state.weight === weight && obeyed === weight, what };
    } catch (error) {
      return { agrees: false, what: (error as Error).message.replace(/\.$/, '') };
    }
  }

  return {
    async describe() {
      const { installed } = await read();
      await proveWritable();
      await askNginx(entry, installed.fingerprint);
      return { driver: 'nginx', place: directory, weights: [0, ...installed.weights], nodes: installed.nodes };
    },

    current: async () => (await read()).state,

    async verify(weight, { within, report, signal }) {
      const deadline = performance.now() + within;
      for (;;) {
        const found = await look(weight);
        report?.(found.what);
        if (found.agrees || performance.now() >= deadline) return found;
        await sleep(ASK_AGAIN, undefined, signal === undefined ? {} : { signal });
      }
    },

    async set({ upgrade, weight, epoch, expected }) {
      const by = upgrade.runId;
      const step = { by, weight, epoch, ...(expected === undefined ? {} : { expected }) };
      const isRetreat = weight === 0 && expected === undefined;
      const plan = (now: TrafficState, installed: Installation): Change => {
        checkWeight(installed, wanted, weight);
        return { next: { ...now, weight, epoch, by }, decision: decideWeight(now, step) };
      };
      try {
        return await change(plan, isRetreat ? LONGEST_OF_A_RETREAT : undefined);
      } catch (error) {
        if (!isRetreat || !(isUnwritable(error) || (await isDamaged()))) throw error;
        return takeBack(step, error as Error);
      }
    },

    setOut: ({ upgrade, node, out, epoch }) =>
      change((now, installed) => {
        const by = upgrade.runId;
        const others = now.out.filter((name) => name !== node);
        const next = { ...now, out: [...others, ...(out ? [node] : [])], epoch, by };
        checkGroups(installed, node, next.out);
        return { next, decision: decideOut(now, { by, node, out, epoch }) };
      }),

    ...(entry.testers !== undefined && {
      setTesters: ({ upgrade, open, epoch }) =>
        change((now, installed) => {
          checkInstalled(installed, wanted);
          const by = upgrade.runId;
          return { next: { ...now, testers: open, epoch, by }, decision: decideTesters(now, { by, open, epoch }) };
        }),
    }),
  };

  function checkGroups(installed: Installation, node: string, out: readonly string[]): void {
    const side = [installed.nodes.x, installed.nodes.y].find((list) => list.some(({ name }) => name === node));
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
  a.testers === b.testers &&
  [...a.out].sort().join() === [...b.out].sort().join();

const describeState = ({ weight, out, epoch, testers }: TrafficState): string =>
  `${weight} % on Y, out: ${out.join(', ') || 'none'}${testers === true ? ', open for testers' : ''} (epoch ${epoch})`;
