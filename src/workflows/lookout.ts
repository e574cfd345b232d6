import { CancellationScope, condition } from '@temporalio/workflow';
import { addressesOf } from '../domain/plan/addresses.ts';
import type { Balancer } from '../domain/traffic/balancers.ts';
import { tell } from './notify.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

// What the metrics don't show, looked after while something else goes on.

/** Ends with `work`, or by `ForeignChange` as soon as a balancer does something else than was set. */
export function watchingWeights<T>(u: Upgrade, work: () => Promise<T>): Promise<T> {
  const { weight } = u.journal.status.traffic;
  return beside(
    work,
    u.balancers.map((at) => () => lookAt(u, at, weight)),
  );
}

/** Tells people of a balancer that has fallen silent: the traffic could not be taken back there. */
async function lookAt(u: Upgrade, at: Balancer, weight: number): Promise<never> {
  const look = { at, upgrade: u.ref, weight, every: u.plan.verdict.every };
  const { watchWeight } = u.acts.watchWeight(at.host);
  for (;;) {
    const { why } = await run(watchWeight, `weights stay: ${at.name}`, { ...look, until: 'silent' });
    const text = `${at.name} does not answer, so that the traffic could not be taken back there now: ${why}`;
    u.journal.note('note', text);
    void tell(u, 'alert', text);
    await run(watchWeight, `${at.name} answers again`, { ...look, until: 'heard' });
    u.journal.note('note', `${at.name} answers again`);
  }
}

/**
 * Until X is stopped for `finish`: tells people when it gets smaller than it has to be to take everything back. Autoscalers shrink a side that
 * gets little traffic.
 */
export const watchingX = <T>(u: Upgrade, work: () => Promise<T>): Promise<T> => beside(work, [() => countX(u)]);

async function countX(u: Upgrade): Promise<never> {
  const look = { cluster: addressesOf(u.plan.x), every: u.plan.verdict.every };
  for (;;) {
    const { notReady } = await run(u.acts.watchNodes.awaitNodes, 'X keeps its size', { ...look, whole: false });
    if (u.control.sealed || u.undos.has('startX')) return nothingMore();
    const missing = Object.entries(notReady).map(([name, reason]) => `${name}: ${reason}`);
    const text = `X is smaller than at the start (${missing.join('; ')}): there is no next step until it is whole`;
    u.journal.note('note', text);
    void tell(u, 'alert', text);
    await run(u.acts.watchNodes.awaitNodes, 'X is whole again', { ...look, whole: true });
    u.journal.note('note', 'X is whole again');
  }
}

/** Until it is cancelled. */
async function nothingMore(): Promise<never> {
  await condition(() => false);
  throw new Error('unreachable');
}

async function beside<T>(work: () => Promise<T>, looks: readonly (() => Promise<never>)[]): Promise<T> {
  const scope = new CancellationScope();
  const running = [work, ...looks].map((one) => scope.run<T>(one));
  try {
    return await Promise.race(running);
  } finally {
    scope.cancel();
    await Promise.allSettled(running);
  }
}
