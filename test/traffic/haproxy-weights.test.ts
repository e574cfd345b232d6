import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readShare, weightsFor } from '../../src/adapters/traffic/haproxy/weights.ts';

test('weights read like percents where they can', () => {
  const even = { x: 2, y: 2 };
  expect([0, 1, 5, 50, 100].map((share) => weightsFor(share, even))).toEqual([
    { x: 100, y: 0 },
    { x: 99, y: 1 },
    { x: 95, y: 5 },
    { x: 50, y: 50 },
    { x: 0, y: 100 },
  ]);
  expect(weightsFor(1, { x: 3, y: 2 })).toEqual({ x: 66, y: 1 });
  expect(weightsFor(25, { x: 2, y: 1 })).toEqual({ x: 60, y: 40 });
});

test('what whole numbers up to 256 can not make is refused', () => {
  expect(weightsFor(1, { x: 1, y: 5 })).toBeUndefined();
  expect(weightsFor(99, { x: 5, y: 1 })).toBeUndefined();
  // 1.16 %, the best of three nodes beside one.
  expect(weightsFor(1, { x: 1, y: 3 })).toEqual({ x: 256, y: 1 });
});

test('any weight that is made is read back as the one that was wanted', () => {
  const nodes = fc.record({ x: fc.integer({ min: 1, max: 12 }), y: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(nodes, fc.integer({ min: 0, max: 100 }), (count, share) => {
      const pair = weightsFor(share, count);
      if (pair === undefined) return;
      expect(readShare({ x: count.x * pair.x, y: count.y * pair.y })).toBe(share);
      for (const weight of [pair.x, pair.y]) expect(weight >= 0 && weight <= 256).toBe(true);
    }),
  );
});

test("somebody's own weights are no weight of a plan", () => {
  expect(readShare({ x: 200, y: 92 })).toBe(31.51);
  expect(readShare({ x: 1000, y: 1 })).toBe(0.1);
  expect(readShare({ x: 1, y: 999 })).toBe(99.9);
  expect(readShare({ x: 0, y: 0 })).toBe(0);
});
