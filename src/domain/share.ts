import type { MeasuredShare } from './traffic/state.ts';
import type { Tally } from './verdict/counters.ts';
import { toFigures } from './verdict/figures.ts';
import { wilson, Z_95 } from './verdict/statistics.ts';

const FEWEST_REQUESTS = 100;
/** So many requests must be expected on the side that gets less, or else "none arrived" could be chance. */
const FEWEST_ON_THE_SMALLER_SIDE = 5;

/** How many requests it takes to say that a weight is in force. */
export const requestsNeeded = (weight: number): number => {
  const smaller = Math.min(weight, 100 - weight);
  return smaller === 0
    ? FEWEST_REQUESTS
    : Math.max(FEWEST_REQUESTS, Math.ceil((100 * FEWEST_ON_THE_SMALLER_SIDE) / smaller));
};

/** Both in percent. */
interface Wanted {
  readonly weight: number;
  readonly tolerance: number;
}

/**
 * The share of Y in one stretch of time. It agrees when its confidence interval reaches the weight, give or take `tolerance` points; at
 * 0 % and 100 % only when no request at all was answered by the side that should get none. Few requests agree with much,
 * none with everything: silence at night is no reason to take a step back, and the verdict needs its own minimum anyway.
 */
export function shareOf(x: Tally, y: Tally, wanted: Wanted): MeasuredShare {
  const { weight } = wanted;
  const answered = measure(x.answered, y.answered, wanted);
  if (weight === 0 || weight === 100 || answered.agrees) return answered;
  // Requests that match no route arrived too; but they can't be told from health checks, so they only count in doubt.
  const withUnmatched = measure(toFigures(x).requests, toFigures(y).requests, wanted);
  return withUnmatched.agrees ? withUnmatched : answered;
}

function measure(onX: number, onY: number, { weight, tolerance }: Wanted): MeasuredShare {
  const requests = onX + onY;
  const { low, high } = wilson(onY, requests, Z_95);
  const [lowest, highest] = [round(low * 100), round(high * 100)];
  const idle = weight === 0 ? onY : weight === 100 ? onX : 0;
  const reaches = lowest <= weight + tolerance && highest >= weight - tolerance;
  return {
    share: requests === 0 ? 0 : round((onY / requests) * 100),
    low: lowest,
    high: highest,
    requests,
    agrees: idle === 0 && reaches,
  };
}

const round = (value: number): number => Math.round(value * 100) / 100;
