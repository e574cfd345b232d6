/** Several runs of the same thing. */
export interface Spread {
  readonly runs: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The middle one; of an even number the mean of the two in the middle. Error without any. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('There is no median of no values.');
  return (low + high) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { runs: values.length, min: Math.min(...values), median: median(values), max: Math.max(...values) };
}

/** The value below which `share` (0 to 1) of the values lie. Error without any. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  if (found === undefined) throw new Error('There is no quantile of no values.');
  return found;
}

/**
 * Where the median of what was measured lies with 95 % probability: by the order of the values alone, whatever their distribution (sign
 * test). With fewer than six values it is their whole range, and less sure.
 */
export function medianInterval(values: readonly number[]): readonly [low: number, high: number] {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  let below = 0;
  // Leaves out as many at each end as chance leaves out in 2.5 % of the cases: a binomial distribution with 1/2.
  for (let sum = 0, ways = 1; below < n / 2; below += 1) {
    sum += ways / 2 ** n;
    if (sum > 0.025) break;
    ways = (ways * (n - below)) / (below + 1);
  }
  const at = Math.max(0, below - 1);
  return [sorted[at] ?? NaN, sorted[n - 1 - at] ?? NaN];
}
