import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quantile, quantileBetween } from '../../src/domain/verdict/quantile.ts';
import { leastDifference, wilson, Z_95 } from '../../src/domain/verdict/statistics.ts';

test('known values', () => {
  expect(wilson(5, 100, Z_95).low).toBeCloseTo(0.0215, 3);
  expect(wilson(5, 100, Z_95).high).toBeCloseTo(0.1118, 3);
  expect(wilson(0, 0, Z_95)).toEqual({ low: 0, high: 1 });
  expect(wilson(0, 200, Z_95).low).toBe(0);
  // Newcombe 1998, 56/70 against 48/80: 0.0524 to 0.3339.
  expect(leastDifference({ hits: 56, trials: 70 }, { hits: 48, trials: 80 }, Z_95)).toBeCloseTo(0.0524, 3);
});

test('an interval holds its proportion, and shrinks with more trials', () => {
  const trials = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(trials, fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const hits = Math.round(n * share);
      const { low, high } = wilson(hits, n, Z_95);
      expect(low).toBeLessThanOrEqual(hits / n);
      expect(high).toBeGreaterThanOrEqual(hits / n);
      const more = wilson(hits * 10, n * 10, Z_95);
      expect(more.high - more.low).toBeLessThanOrEqual(high - low);
    }),
  );
});

test('percentiles are interpolated in their bucket; the first one only says "at most its bound"', () => {
  const histogram = { count: 100, upTo: { 25: 50, 50: 90, 100: 98 } };
  expect(quantile(histogram, 0.5)).toBe(25);
  expect(quantile(histogram, 0.7)).toBe(37.5);
  expect(quantile(histogram, 0.99)).toBe(100);
  expect(quantile({ count: 10, upTo: { 25: 10 } }, 0.5)).toBe(12.5);
  expect(quantile({ count: 0, upTo: {} }, 0.5)).toBeUndefined();
});

test('the range of a percentile holds it, and is narrow only with many requests', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 0, max: 10_000 }), (fast, slow) => {
      const histogram = { count: fast + slow, upTo: { 25: fast, 1000: fast + slow } };
      const [low, high] = quantileBetween(histogram, 0.99) ?? [0, 0];
      const value = quantile(histogram, 0.99) ?? 0;
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }),
  );
});
