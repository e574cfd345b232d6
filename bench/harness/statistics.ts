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
