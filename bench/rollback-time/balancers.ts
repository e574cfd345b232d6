import { BALANCER_TITLES, WEIGHTS, type BalancerName } from '../shift/arms.ts';
import { measureCapacity, SHARE, startLoad } from '../shift/load/index.ts';
import type { ArmName, Stand } from '../shift/stand.ts';
import { cycle, lastFrom, rollBackFrom, type Measured } from './rollback.ts';

/** Milliseconds between the changes: clients have long been on the other side. */
const PAUSES = { before: 300, after: 500 };

/** Rollbacks through nginx or HAProxy under load. */
export function measureBalancer(
  stand: Stand,
  [balancer, name]: readonly [BalancerName, ArmName],
  count: number,
): Promise<Measured & { readonly failed: number; readonly requests: number }> {
  return stand.withArm(balancer, name, async (arm) => {
    const load = startLoad(arm.port, SHARE * (await measureCapacity(arm.port)));
    const done = await rollBackFrom(arm, cycle(WEIGHTS, count), PAUSES);
    const { requests } = await load.stop();
    const onY = requests.flatMap(({ node, begunAt }) =>
      begunAt !== undefined && node?.startsWith('y') === true ? [begunAt] : [],
    );
    return {
      name: name === 'crossfade' ? BALANCER_TITLES[balancer] : `${BALANCER_TITLES[balancer]}, by a reload`,
      lastOnYIs: 'last request that begins on Y',
      // Whatever begins on Y after the next change is that one's.
      rollbacks: done.map(({ from, at, readBack }) => ({
        from,
        readBack,
        lastOnY: lastFrom(onY, at, at + PAUSES.after),
      })),
      failed: requests.filter(({ fault }) => fault !== 'none').length,
      requests: requests.length,
    };
  });
}
