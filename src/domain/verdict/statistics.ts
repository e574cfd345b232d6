/** Two-sided 95 %. */
export const Z_95 = 1.96;
/** One-sided 99 %: a node that is fine must not fail by chance, over a thousand reads. */
export const Z_99_ONE_SIDED = 2.326;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Wilson's interval of a proportion; it holds for few trials and for none of them hit, too. Both ends are 0 to 1. */
export function wilson(hits: number, trials: number, z: number): Interval {
  if (trials <= 0) return { low: 0, high: 1 };
  const share = hits / trials;
  const spread = z ** 2 / trials;
  const middle = share + spread / 2;
  const margin = z * Math.sqrt((share * (1 - share)) / trials + spread / (4 * trials));
  return {
    low: hits <= 0 ? 0 : Math.max(0, (middle - margin) / (1 + spread)),
    high: hits >= trials ? 1 : Math.min(1, (middle + margin) / (1 + spread)),
  };
}

interface Count {
  readonly hits: number;
  readonly trials: number;
}

/** By how much the first proportion is above the second, at the very least (Newcombe's interval; may be negative). */
export function leastDifference(first: Count, second: Count, z: number): number {
  const [a, b] = [first.hits / first.trials, second.hits / second.trials];
  const belowA = a - wilson(first.hits, first.trials, z).low;
  const aboveB = wilson(second.hits, second.trials, z).high - b;
  return a - b - Math.hypot(belowA, aboveB);
}
