import type { Sample } from '../../src/domain/verdict/index.ts';
import { at, figures } from '../status/fixtures.ts';

/** Samples every 10 s as the watch writes them; Y answers errors from second `faultyFrom` on. */
export function samples(
  spans: readonly { readonly from: number; readonly to: number; readonly weight: number }[],
  faultyFrom = Infinity,
): Sample[] {
  const found: Sample[] = [];
  for (const { from, to, weight } of spans) {
    for (let second = from + 10; second <= to; second += 10) {
      // Looks like noise and is the same every time.
      const noise = ((second * 7919) % 97) / 97;
      const y = figures(
        24 * weight,
        second >= faultyFrom ? 0.04 + noise * 0.02 : noise > 0.9 ? 0.0004 : 0,
        22 + noise * 6,
      );
      const x = figures(24 * (100 - weight), 0, 21 + ((second * 104_729) % 89) / 22);
      found.push({ at: at(second), weight, ...(weight < 100 ? { x } : {}), ...(weight > 0 ? { y } : {}) });
    }
  }
  return found;
}

export const completedSamples = samples([
  { from: 180, to: 330, weight: 5 },
  { from: 340, to: 490, weight: 25 },
  { from: 505, to: 655, weight: 50 },
  { from: 670, to: 1_270, weight: 100 },
  { from: 1_290, to: 1_550, weight: 100 },
  { from: 1_590, to: 2_480, weight: 100 },
]);

export const rolledBackSamples = samples(
  [
    { from: 180, to: 330, weight: 5 },
    { from: 340, to: 372, weight: 25 },
  ],
  350,
);
