import { sleep } from '@temporalio/activity';
import type { Metrics } from '../adapters/metrics/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { requestsNeeded, shareOf } from '../domain/share.ts';
import type { MeasuredShare } from '../domain/traffic/state.ts';
import { tallyBetween, type NodesCounters } from '../domain/verdict/counters.ts';
import type { WatchActivities } from './contract.ts';
import { reportProgress } from './progress.ts';

const EVERY = 1_000;

interface Moment {
  readonly at: number;
  readonly x: NodesCounters;
  readonly y: NodesCounters;
}

/**
 * Looks at the shortest stretch of time up to now that has enough requests, again and again: what was counted just before
 * the weight changed drops out by itself.
 */
export async function measureShare(
  metrics: Metrics,
  { x, y, weight, within, tolerance }: Parameters<WatchActivities['measureShare']>[0],
): Promise<MeasuredShare> {
  const deadline = performance.now() + within;
  const moments: Moment[] = [];
  let unreadable = '';
  for (;;) {
    const [ofX, ofY] = await Promise.all([metrics.read(x), metrics.read(y)]);
    const problems = [ofX, ofY].flatMap((side) => (side.readable ? [] : [side.why]));
    unreadable = problems.join(' ');
    if (ofX.readable && ofY.readable) moments.push({ at: performance.now(), x: ofX.nodes, y: ofY.nodes });
    const newest = newestShare(moments, { weight, tolerance });
    if (newest !== undefined) reportProgress({ share: newest.share });
    if (newest?.enough === true && newest.share.agrees) return newest.share;
    if (performance.now() + EVERY > deadline) {
      if (newest !== undefined) return newest.share;
      const why = unreadable || 'one reading only';
      throw new CrossfadeError('MetricsUnreadable', `Where the requests arrive could not be measured: ${why}`);
    }
    await sleep(EVERY);
  }
}

/** Without enough requests in all: the share since the first reading. */
function newestShare(
  moments: readonly Moment[],
  { weight, tolerance }: { weight: number; tolerance: number },
): { share: MeasuredShare; enough: boolean } | undefined {
  const now = moments.at(-1);
  let share: MeasuredShare | undefined;
  if (now === undefined) return undefined;
  for (const then of moments.slice(0, -1).reverse()) {
    const seconds = (now.at - then.at) / 1000;
    share = shareOf(tallyBetween(then.x, now.x, seconds), tallyBetween(then.y, now.y, seconds), { weight, tolerance });
    if (share.requests >= requestsNeeded(weight)) return { share, enough: true };
  }
  return share === undefined ? undefined : { share, enough: false };
}
