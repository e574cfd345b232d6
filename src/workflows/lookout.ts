import { CancellationScope } from '@temporalio/workflow';
import { addressesOf } from '../domain/plan/addresses.ts';
import { tell } from './notify.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

export type Lookout = <T>(u: Upgrade, work: () => Promise<T>) => Promise<T>;

/** Where X is stopped on purpose, or nothing is moved before somebody has read everything again. */
export const withoutLookout: Lookout = (_, work) => work();

/**
 * Looks after what the metrics don't show while something else goes on: that nobody else changes the weights (which ends it, by
 * `ForeignChange`), and that X keeps the size that it needs to take everything back (which alerts).
 */
export async function withLookout<T>(u: Upgrade, work: () => Promise<T>): Promise<T> {
  if (u.control.sealed) return work();
  const { weight } = u.journal.status.traffic;
  const every = u.plan.verdict.every;
  const scope = new CancellationScope();
  const working = scope.run(work);
  const looking = u.balancers.map((at) =>
    scope.run(() =>
      run(u.acts.watchWeight(at.host).watchWeight, `weights stay: ${at.name}`, { at, upgrade: u.ref, weight, every }),
    ),
  );
  const counting = scope.run(() => countX(u));
  try {
    return await Promise.race([working, ...looking, counting]);
  } finally {
    scope.cancel();
    await Promise.allSettled([working, ...looking, counting]);
  }
}

/** Autoscalers shrink a side that gets little traffic. Told each time that X gets smaller, until it is whole again. */
async function countX(u: Upgrade): Promise<never> {
  const look = { cluster: addressesOf(u.plan.x), every: u.plan.verdict.every };
  for (;;) {
    const { notReady } = await run(u.acts.watchNodes.awaitNodes, 'X keeps its size', { ...look, whole: false });
    const missing = Object.entries(notReady).map(([name, reason]) => `${name}: ${reason}`);
    const text = `X is smaller than at the start (${missing.join('; ')}): there is no next step until it is whole`;
    u.journal.note('note', text);
    void tell(u, 'alert', text);
    await run(u.acts.watchNodes.awaitNodes, 'X is whole again', { ...look, whole: true });
    u.journal.note('note', 'X is whole again');
  }
}
