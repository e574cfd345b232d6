import type { Tally } from './counters.ts';
import { quantile, quantileBetween } from './quantile.ts';
import type { SideFigures } from './types.ts';

/**
 * Requests per second and node that may be somebody's health checks or scrapes: no series tells them from requests that
 * matched no route.
 */
const BACKGROUND = 0.5;

/** Kong's workers hand over their counters of answers once a second, while the count of all requests is always fresh. */
const LAG_SECONDS = 1;

/**
 * The figures of one side. Requests without a route are in no series of Kong: they are what is left of all requests
 * without those that were answered, our own, the usual background and what Kong has not handed over yet. So a few are
 * overlooked, and somebody who asks the Status API very often is counted here: the judge needs a control to accuse Y by them.
 *
 * @param background requests per second and node that are no client's; the larger of this and the usual one counts
 */
export function toFigures(tally: Tally, background = 0): SideFigures {
  const { finished, answered, errors, own, latency, seconds, nodeSeconds } = tally;
  const lag = seconds > 0 ? (finished / seconds) * LAG_SECONDS : finished;
  const other = finished - answered - own - Math.max(BACKGROUND, background) * nodeSeconds - lag;
  const unmatched = Math.max(0, Math.floor(other));
  const requests = answered + unmatched;
  const [p50Ms, p99Ms, p99Between] = [quantile(latency, 0.5), quantile(latency, 0.99), quantileBetween(latency, 0.99)];
  return {
    requests,
    errors,
    errorRatio: ratio(errors, requests),
    unmatched,
    unmatchedRatio: ratio(unmatched, requests),
    ...(p99Ms === undefined ? {} : { p99Ms: tenth(p99Ms) }),
    ...(p99Between === undefined ? {} : { p99Between: [tenth(p99Between[0]), tenth(p99Between[1])] }),
    ...(p50Ms === undefined ? {} : { p50Ms: tenth(p50Ms) }),
    seconds: tenth(seconds),
  };
}

/**
 * Requests per second and node that X could not attribute to a route. Y's nodes get the same health checks, but less
 * traffic: what is normal on X must not look like lost routes on Y.
 */
export function backgroundOf({ finished, answered, own, nodeSeconds }: Tally): number {
  return nodeSeconds > 0 ? Math.max(0, (finished - answered - own) / nodeSeconds) : 0;
}

/** Counts of two stretches of time together, for charts. The worse percentile stands for both. */
export function mergeFigures(a: SideFigures, b: SideFigures): SideFigures {
  const requests = a.requests + b.requests;
  const [errors, unmatched] = [a.errors + b.errors, a.unmatched + b.unmatched];
  const worse = (x: number | undefined, y: number | undefined) => (x === undefined ? y : Math.max(x, y ?? x));
  const [p99Ms, p50Ms] = [worse(a.p99Ms, b.p99Ms), worse(a.p50Ms, b.p50Ms)];
  return {
    requests,
    errors,
    errorRatio: ratio(errors, requests),
    unmatched,
    unmatchedRatio: ratio(unmatched, requests),
    ...(p99Ms === undefined ? {} : { p99Ms }),
    ...(p50Ms === undefined ? {} : { p50Ms }),
    seconds: tenth(a.seconds + b.seconds),
  };
}

const ratio = (part: number, whole: number): number => (whole > 0 ? Math.round((part / whole) * 1e6) / 1e6 : 0);
const tenth = (value: number): number => Math.round(value * 10) / 10;
