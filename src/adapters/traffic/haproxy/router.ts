import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import type { Balancer } from '../../../domain/traffic/balancers.ts';
import { decideOut, decideWeight, type ChangeDecision } from '../../../domain/traffic/change.ts';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { withLock, type StillMine } from '../lock.ts';
import { isUnwritable } from '../unwritable.ts';
import type { OutChange, TrafficRouter, WeightChange } from '../port.ts';
import { commandsTo } from './commands.ts';
import { describeBackend } from './describe.ts';
import { besideStateFile } from './files.ts';
import { BEFORE_THE_FIRST, lockFile, readRecord, writeRecord, writeStateFile } from './record.ts';
import { ask } from './runtime-api.ts';
import { takesRequests, type Server } from './servers.ts';
import { readState, sameState, type Found } from './state.ts';
import { verifyShare } from './verify.ts';

/** Milliseconds that HAProxy's health checks may take to find a node good that comes back in. */
const CHECKS_PATIENCE = 60_000;

/**
 * HAProxy on this host, changed by its runtime API. Weights are read back from it; what it can't keep, whose change that was, stands in a
 * file beside its state file. One lock of the host makes checking and changing one act.
 */
export function createHaproxyRouter(
  entry: EntryVia<'haproxy'>,
  { nodes, weights }: Pick<Balancer, 'nodes' | 'weights'>,
): TrafficRouter {
  const { socket, backend, stateFile } = entry;
  const read = () => readState(entry, nodes);
  const locked = <T>(work: (stillMine: StillMine) => Promise<T>) =>
    besideStateFile(stateFile, () => withLock(lockFile(entry), work));

  async function change(
    plan: (found: Found) => { next: TrafficState; decision: ChangeDecision },
  ): Promise<TrafficState> {
    return locked(async (stillMine) => {
      const found = await read();
      const { next, decision } = plan(found);
      if (decision.do === 'refuse')
        throw new CrossfadeError(
          decision.code,
          `The traffic of ${backend} in HAProxy was not changed: ${decision.why}.`,
        );
      if (decision.do === 'nothing' && found.record.begun === undefined) return found.now;
      if (decision.do === 'apply') await apply(found, next, stillMine);
      return confirm(decision.do === 'apply' ? next : found.now);
    });
  }

  async function apply(found: Found, next: TrafficState, stillMine: StillMine): Promise<void> {
    const commands = commandsTo(next, backend, found);
    const { weight, out, epoch, by } = found.now;
    const author = { epoch, out, ...(by === undefined ? {} : { by }) };
    const begun = { ...next, weight: next.weight };
    await stillMine();
    await writeRecord(entry, { made: author, begun });
    await stillMine();
    const answers = await ask(socket, commands);
    const problem = answers.findIndex((answer) => answer !== '');
    if (problem === -1) return;
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `HAProxy answered "${answers[problem]}" to "${commands[problem]}", so that it can't go from ${weight} % to ${next.weight} %.`,
    );
  }

  /** A retreat on a disk that is full, or broken: HAProxy itself needs none. A reload of it would bring back what was written last. */
  async function takeBack(
    plan: (found: Found) => { next: TrafficState; decision: ChangeDecision },
    why: Error,
  ): Promise<TrafficState> {
    const look = () => readState(entry, nodes, (place) => readRecord(place).catch(() => BEFORE_THE_FIRST));
    const found = await look();
    const { next, decision } = plan(found);
    if (decision.do === 'refuse') throw why;
    if (decision.do === 'apply') await ask(socket, commandsTo(next, backend, found));
    const { now } = await look();
    if (now.weight !== next.weight) throw why;
    return now;
  }

  /** Reads back, and makes it last: over a reload of HAProxy, and for whoever comes next. */
  async function confirm(wanted: TrafficState): Promise<TrafficState> {
    const { now, backend: there } = await read();
    if (!sameState(now, wanted))
      throw new CrossfadeError(
        'WeightNotApplied',
        `HAProxy shows ${describeState(now)} for ${backend} after it was set to ${describeState(wanted)}.`,
      );
    const { epoch, by, out } = now;
    const made = { epoch, out, ...(by === undefined ? {} : { by }) };
    await writeStateFile(entry, { saved: there.saved, made });
    await writeRecord(entry, { made });
    return now;
  }

  return {
    // Under the lock, so that a folder which can't be written is found now, and not when the first step has to be made.
    describe: async () => describeBackend(entry, { nodes, weights }, await locked(read)),
    current: async () => (await read()).now,
    verify: (weight, watch) => verifyShare(weight, watch, read),

    async set({ upgrade, weight, epoch, expected }: WeightChange) {
      const by = upgrade.runId;
      const step = { by, weight, epoch, ...(expected === undefined ? {} : { expected }) };
      const plan = (found: Found) => {
        const { now } = found;
        const decision = decideWeight(now, step);
        if (decision.do === 'apply' && expected !== undefined && weight > now.weight) refuseWithout(found);
        return { next: { weight, out: now.out, epoch, by }, decision };
      };
      try {
        return await change(plan);
      } catch (error) {
        if (!isUnwritable(error) || weight !== 0 || expected !== undefined) throw error;
        return takeBack(plan, error);
      }
    },

    async setOut({ upgrade, node, out, epoch }: OutChange) {
      const by = upgrade.runId;
      const plan = (found: Found) => {
        const { now } = found;
        const decision = decideOut(now, { by, node, out, epoch });
        const server = serverNamed(found, node);
        if (decision.do === 'apply' && out) refuseLastGood(found, server);
        const next = [...now.out.filter((name) => name !== node), ...(out ? [node] : [])];
        return { next: { weight: now.weight, out: next, epoch, by }, decision };
      };
      if (!out) await beGood(plan, node);
      return change(plan);
    },
  };

  /**
   * Lets health checks reach a node again, while it gets nothing else, until they find it good: from maintenance HAProxy would take it for
   * good without any. The lock is free meanwhile, for a retreat.
   */
  async function beGood(plan: (found: Found) => { decision: ChangeDecision }, node: string): Promise<void> {
    const isOut = await locked(async () => {
      const found = await read();
      const { blocked, sessions } = serverNamed(found, node);
      if (plan(found).decision.do !== 'apply' || blocked === undefined) return false;
      // Through maintenance, so that checks of before don't count. What still runs there shows that it is alive, and could be cut by that.
      const states = blocked === 'drain' && sessions > 0 ? [] : ['maint', 'drain'];
      if (states.length > 0)
        await ask(
          socket,
          states.map((state) => `set server ${backend}/${node} state ${state}`),
        );
      return true;
    });
    const deadline = performance.now() + CHECKS_PATIENCE;
    while (isOut) {
      const { status, check } = serverNamed(await read(), node);
      // With a fraction (`DRAIN 1/3`) it has not passed its checks yet.
      if (status === 'DRAIN' || takesRequests({ status } as Server)) return;
      if (performance.now() > deadline)
        throw new CrossfadeError(
          'WeightNotApplied',
          `HAProxy's health checks do not find ${node} good for ${CHECKS_PATIENCE / 1_000} s (${status} ${check}), so it stays out of ${backend}.`,
        );
      await sleep(50);
    }
  }

  function serverNamed({ sides }: Found, node: string): Server {
    const server = [...sides.x, ...sides.y].find(({ name }) => name === node);
    if (server !== undefined) return server;
    throw new CrossfadeError('BalancerNotPrepared', `The plan of HAProxy's backend ${backend} has no node ${node}.`);
  }

  /** With all of Y down, its share would be answered with 503. A retreat does not ask: nothing is better than X. */
  function refuseWithout({ sides, now }: Found): void {
    if (sides.y.some((server) => !now.out.includes(server.name) && isGood(server))) return;
    const states = sides.y.map(({ name, status, check }) => `${name} ${status} ${check}`.trim()).join(', ');
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `HAProxy finds no node of Y good (${states}), so ${backend} gets no further share to it.`,
    );
  }

  function refuseLastGood({ sides, now }: Found, server: Server): void {
    const side = sides.x.includes(server) ? sides.x : sides.y;
    const others = side.filter(({ name }) => name !== server.name && !now.out.includes(name));
    if (others.length === 0 || !isGood(server) || others.some(isGood)) return;
    const states = others.map(({ name, status, check }) => `${name} ${status} ${check}`.trim()).join(', ');
    throw new CrossfadeError(
      'BalancerNotPrepared',
      `${server.name} is the last node of its side that HAProxy finds good (${states}), so it stays in ${backend}.`,
    );
  }
}

/** Closed to kept clients is no fault: HAProxy does not look at it then. */
const isGood = (server: Server): boolean => takesRequests(server) || server.blocked === 'maintenance';

const describeState = ({ weight, out, epoch }: TrafficState): string =>
  `${weight} % on Y, out: ${out.join(', ') || 'none'} (epoch ${epoch})`;
