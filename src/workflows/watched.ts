import { CancellationScope } from '@temporalio/workflow';
import { metricsOf } from '../domain/plan/addresses.ts';
import type { Verdict, WatchResult } from '../domain/verdict/index.ts';
import { Interruption } from './interruption.ts';
import { watchingWeights } from './lookout.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

export interface WatchOptions {
  /** Milliseconds; without it the watch ends only by a failure or by being cancelled. */
  readonly bake?: number;
  /** Both sides failing does not end it: that is known already. */
  readonly throughBoth?: boolean;
}

export interface WaitOptions extends Pick<WatchOptions, 'throughBoth'> {
  /** Nor does a weight that somebody else has set. */
  readonly throughForeign?: boolean;
}

/** Starts the watch of the metrics. */
export async function watchTraffic(
  u: Upgrade,
  name: string,
  { bake, throughBoth }: WatchOptions = {},
): Promise<WatchResult> {
  const { plan, journal } = u;
  const { weight } = journal.status.traffic;
  const control = weight === 100 && u.known.lastOfX !== undefined ? { control: u.known.lastOfX } : {};
  const result = await run(u.acts.watch.watchTraffic, `watch ${name} at ${weight} %`, {
    x: metricsOf(plan.x),
    y: metricsOf(plan.y),
    verdict: plan.verdict,
    weight,
    s3: plan.backup.s3,
    upgrade: u.ref,
    name,
    ...control,
    ...(bake === undefined ? {} : { bake }),
    ...(throughBoth === true ? { throughBoth } : {}),
  });
  journal.status.traffic.verdicts.push({ name, ...result });
  const { verdict, reasons } = result.verdict;
  journal.note('verdict', [`${name}: ${verdict}.`, ...reasons.map(({ text }) => text)].join(' '));
  return result;
}

/** Why a verdict is not a pass, in sentences. */
export const reasonsOf = ({ reasons }: Verdict): string => reasons.map(({ text }) => text).join(' ');

/** What ended a watch before its time. Where both sides fail, nothing would be better on X: the weights stay. */
export function breach({ weight, verdict }: WatchResult): Interruption {
  const why = `at ${weight} % of the traffic`;
  if (verdict.both !== true) return new Interruption('breach', `${why} Y is worse than allowed: ${reasonsOf(verdict)}`);
  const message = `${why} both sides fail, and the weights stay: ${reasonsOf(verdict)}`;
  return new Interruption('database', message, { code: 'BothSidesFail' });
}

/**
 * Waits for something (a person, a deadline) while the weights are watched and, as long as Y has any traffic, the metrics. What happens
 * first wins: the thing waited for, a breach, or a weight that somebody else has set.
 */
export function whileWatched<T>(
  u: Upgrade,
  name: string,
  waitFor: () => Promise<T>,
  { throughForeign, ...options }: WaitOptions = {},
): Promise<T> {
  const { weight, weights } = u.journal.status.traffic;
  const wait = weight === 0 ? waitFor : () => withMetrics(u, name, waitFor, options);
  // Also once everything was taken back: Y is still there, and may be what it was taken back for.
  return weights.length === 0 || throughForeign === true ? wait() : watchingWeights(u, wait);
}

async function withMetrics<T>(u: Upgrade, name: string, waitFor: () => Promise<T>, options: WatchOptions): Promise<T> {
  const scope = new CancellationScope();
  const waiting = scope.run(waitFor);
  const watching = scope.run(async (): Promise<never> => {
    throw breach(await watchTraffic(u, name, options));
  });
  try {
    return await Promise.race([waiting, watching]);
  } finally {
    scope.cancel();
    await Promise.allSettled([waiting, watching]);
  }
}
