import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { findingOfBalancer } from '../domain/traffic/away.ts';
import type { Balancer } from '../domain/traffic/balancers.ts';
import { ABILITIES } from '../domain/traffic/abilities.ts';
import { canTakeNodesOut, testersOf } from '../domain/traffic/entry-abilities.ts';
import type { TrafficState } from '../domain/traffic/state.ts';
import { describeFailure, failedWith, Interruption } from './interruption.ts';
import { run } from './proxies.ts';
import { together } from './together.ts';
import type { Upgrade } from './upgrade.ts';

// Everything that is done to all balancers of a plan.

/** Moves the share of Y on every balancer, in the plan's order: all of them, or none. */
export async function moveTraffic(u: Upgrade, weight: number): Promise<void> {
  const before = u.journal.status.traffic.weight;
  const change = { weight, expected: before, epoch: u.nextEpoch() };
  // Nothing is moved anywhere while one of several can't be read, or does something else than was set.
  if (u.balancers.length > 1) await together(...u.balancers.map((at) => () => proveWeight(u, at, before)));
  const moved: Balancer[] = [];
  for (const group of inOrder(u)) {
    const results = await Promise.allSettled(group.map((at) => setForStep(u, at, change)));
    moved.push(...group.filter((_, index) => results[index]?.status === 'fulfilled'));
    const failed = results.find((one) => one.status === 'rejected');
    if (failed === undefined) continue;
    // An abort takes everything back at once, which needs no step before it.
    if (!isCancellation(failed.reason)) await putBack(u, moved, { weight: before, expected: weight });
    throw failed.reason;
  }
  u.journal.weight(weight, 'step');
}

interface Move {
  readonly weight: number;
  readonly expected?: number;
  readonly epoch: number;
}

async function set(u: Upgrade, at: Balancer, change: Move, summary: string, acts = u.acts.moveTraffic): Promise<void> {
  const { weight } = await run(acts(at.host).setWeight, summary, { at, upgrade: u.ref, ...change });
  u.journal.balancer(at.name, weight);
  isBack(u, at);
}

async function setForStep(u: Upgrade, at: Balancer, change: Move): Promise<void> {
  try {
    await set(u, at, change, `${change.weight} % to Y: ${at.name}`);
  } catch (error) {
    throw failedWith(`${at.name} could not be set to ${change.weight} % on Y`, error);
  }
}

/** A balancer that can't be put back is told: what comes next, a retreat or a hold, has to know. */
function putBack(u: Upgrade, moved: readonly Balancer[], back: Omit<Move, 'epoch'>): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    const epoch = u.nextEpoch();
    for (const at of moved)
      await set(u, at, { ...back, epoch }, `back to ${back.weight} %: ${at.name}`, u.acts.undo.traffic).catch(() =>
        u.journal.note('failure', `${at.name} could not be put back to ${back.weight} % on Y`),
      );
  });
}

const inOrder = ({ balancers, plan: { traffic } }: Upgrade): readonly (readonly Balancer[])[] => {
  if (traffic.via !== 'several' || traffic.order === 'together') return [balancers];
  return traffic.entries.map((entry) => balancers.filter((at) => at.entry === entry));
};

async function proveWeight(u: Upgrade, at: Balancer, expected: number): Promise<void> {
  const { weight } = await run(u.acts.moveTraffic(at.host).readTraffic, `still ${expected} %? ${at.name}`, { at });
  if (weight === expected) return;
  const message = `${at.name} gives Y ${weight} %, and ${expected} % was set: somebody else changed it`;
  throw new Interruption('failed', message, { code: 'ForeignChange' });
}

/** Undoes a step that did not arrive: the weight before it, on every balancer. */
export async function undoStep(u: Upgrade, weight: number): Promise<void> {
  const change = { weight, expected: u.journal.status.traffic.weight, epoch: u.nextEpoch() };
  for (const at of u.balancers) await set(u, at, change, `back to ${weight} %: ${at.name}`);
  u.journal.weight(weight, 'a step that did not arrive is undone');
}

const takenOverLater = (u: Upgrade): readonly Balancer[] =>
  notLetGo(u).filter(({ entry }) => !ABILITIES[entry.via].atOnce);

/** What carries the traffic goes by the weight, where something has to take it over first. */
export async function proveCarried(u: Upgrade, weight: number): Promise<void> {
  const within = u.plan.traffic.settle;
  const answers = await together(
    ...takenOverLater(u).map((at) => async () => ({
      at,
      ...(await run(u.acts.verifyTraffic(at.host).verifyWeight, `is it carried? ${at.name}`, { at, weight, within })),
    })),
  );
  const other = answers.filter(({ agrees }) => !agrees);
  if (other.length === 0) return;
  const reasons = other.map(({ at, what }) => `${at.name}: ${what}`).join('; ');
  throw new Interruption('share', `${weight} % was set, and is not what is in force: ${reasons}`, {
    code: 'ShareNotArriving',
  });
}

/**
 * All traffic to X, on every balancer at once; one that fails does not keep the others from it. Who knows that it takes no requests any more
 * may let it go; it is asked all the same.
 */
export async function allToX(u: Upgrade): Promise<void> {
  const change = { weight: 0, epoch: u.nextEpoch() };
  const failed: string[] = [];
  await Promise.all(
    u.balancers.map(async (at) => {
      try {
        await set(u, at, change, `all traffic to X: ${at.name}`, u.acts.undo.traffic);
      } catch (error) {
        const { message } = describeFailure(error);
        if (isLetGo(u, at)) {
          u.journal.note('note', `${at.name} was let go, and may still give Y traffic: ${message}`);
          return;
        }
        u.control.openFindings.set(findingOfBalancer(at.name), message);
        failed.push(`${at.name}: ${message}`);
      }
    }),
  );
  if (failed.length > 0) throw ApplicationFailure.create({ message: failed.join('; ') });
  u.journal.weight(0, 'returned to X');
}

const isLetGo = ({ control }: Upgrade, { name }: Balancer): boolean => control.letGo.has(findingOfBalancer(name));

/** It was let go for as long as it was away. */
function isBack({ control }: Upgrade, { name }: Balancer): void {
  control.openFindings.delete(findingOfBalancer(name));
  control.letGo.delete(findingOfBalancer(name));
}

/** Those of the balancers that the way back has to reckon with. */
export const notLetGo = (u: Upgrade, balancers = u.balancers): readonly Balancer[] =>
  balancers.filter((at) => !isLetGo(u, at));

/** The balancers that can take one node out. */
export const takesNodesOut = ({ entry }: Balancer): boolean => canTakeNodesOut(entry);

/** Takes a node out of every balancer that can, or puts it back. */
export async function setNodeOut(u: Upgrade, node: string, out: boolean, acts = u.acts.traffic): Promise<void> {
  const change = { upgrade: u.ref, node, out, epoch: u.nextEpoch() };
  for (const at of u.balancers.filter(takesNodesOut))
    await run(acts(at.host).setNodeOut, `${node} ${out ? 'out' : 'in'}: ${at.name}`, { at, ...change });
}

/** Those that the activities of one host can look at. */
export const balancersOn = (u: Upgrade, host: string): readonly Balancer[] =>
  u.balancers.filter((at) => at.host === host);

const hasTesters = ({ entry }: Balancer): boolean => testersOf(entry) !== undefined;

/** Opens the way of testers to Y wherever the plan has one, or closes it. */
export async function setTesters(u: Upgrade, open: boolean, acts = u.acts.traffic): Promise<number> {
  const found = notLetGo(u).filter(hasTesters);
  const change = { upgrade: u.ref, open, epoch: u.nextEpoch() };
  for (const at of found)
    await run(acts(at.host).setTesters, `testers ${open ? 'reach Y' : 'go to X'}: ${at.name}`, { at, ...change });
  return found.length;
}

/**
 * After all traffic went back to X: waits until clients that lag have heard of it, as far as that can be asked. What is still uncertain after
 * `settle` is told, and holds nothing up.
 */
export async function forgottenByClients(u: Upgrade): Promise<void> {
  const { traffic } = u.journal.status;
  if (!traffic.weights.some(({ weight }) => weight > 0)) return;
  const within = u.plan.traffic.settle;
  for (const at of takenOverLater(u)) {
    const input = { at, weight: 0, within };
    const { agrees, what } = await run(u.acts.undo.verifyTraffic(at.host).verifyWeight, `X for all: ${at.name}`, input);
    if (!agrees) u.journal.note('note', `Y is stopped although clients may still go to it by ${at.name}: ${what}`);
  }
}

/** What each balancer does now; of one that can't be read, why. */
export async function readEach(
  u: Upgrade,
): Promise<{ states: readonly TrafficState[]; unreadable: readonly string[] }> {
  const states: TrafficState[] = [];
  const unreadable: string[] = [];
  const results = await Promise.allSettled(
    u.balancers.map((at) => run(u.acts.lookAtTraffic(at.host).readTraffic, `where is the traffic? ${at.name}`, { at })),
  );
  for (const [index, result] of results.entries()) {
    const name = u.balancers[index]?.name ?? '?';
    if (result.status === 'rejected') unreadable.push(`${name}: ${describeFailure(result.reason).message}`);
    else {
      states.push(result.value);
      u.journal.balancer(name, result.value.weight);
    }
  }
  return { states, unreadable };
}

/** What every balancer does now. Within a minute: one that is away must not hold up what waits for this. */
export const readAll = (u: Upgrade, why: string): Promise<readonly TrafficState[]> =>
  together(...u.balancers.map((at) => () => run(u.acts.moveTraffic(at.host).readTraffic, `${why} ${at.name}`, { at })));
