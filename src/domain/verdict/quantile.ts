import type { Histogram } from './counters.ts';
import { Z_99_ONE_SIDED } from './statistics.ts';

/** The value below which `share` of the requests lie, interpolated in its bucket; the last bound for what is above all. */
export function quantile(histogram: Histogram, share: number): number | undefined {
  if (histogram.count <= 0) return undefined;
  const rank = share * histogram.count;
  let below = 0;
  let from = 0;
  for (const [bound, upTo] of sorted(histogram)) {
    if (upTo >= rank && upTo > below) return from + ((bound - from) * (rank - below)) / (upTo - below);
    below = upTo;
    from = bound;
  }
  return from;
}

/** Between which a percentile of this many requests lies: the ranks that chance may take for it. */
export function quantileBetween(histogram: Histogram, share: number): [low: number, high: number] | undefined {
  const margin = Z_99_ONE_SIDED * Math.sqrt((share * (1 - share)) / histogram.count);
  const low = quantile(histogram, Math.max(0, share - margin));
  const high = quantile(histogram, Math.min(1, share + margin));
  return low === undefined || high === undefined ? undefined : [low, high];
}

const sorted = ({ upTo }: Histogram): [number, number][] =>
  Object.entries(upTo)
    .map(([bound, count]): [number, number] => [Number(bound), count])
    .sort(([a], [b]) => a - b);
