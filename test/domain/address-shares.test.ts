import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressesFor, weightsOfAddresses, type Sides } from '../../src/domain/traffic/address-shares.ts';

const sides = (x: number, y: number, type: Sides['type'] = 'A'): Sides => ({
  type,
  x: Array.from({ length: x }, (_, i) => `10.0.1.${i}`),
  y: Array.from({ length: y }, (_, i) => `10.0.2.${i}`),
});

test('which shares the numbers of addresses make', () => {
  expect(weightsOfAddresses(sides(1, 1))).toEqual([0, 50, 100]);
  expect(weightsOfAddresses(sides(2, 2))).toEqual([0, 50, 100]);
  expect(weightsOfAddresses(sides(3, 2))).toEqual([0, 25, 40, 50, 100]);
  expect(weightsOfAddresses(sides(19, 1))).toEqual([0, 5, 10, 20, 25, 50, 100]);
  expect(weightsOfAddresses(sides(3, 3, 'CNAME'))).toEqual([0, 100]);
});

test('as many addresses as possible, the first of each side', () => {
  expect(addressesFor(50, sides(3, 2))).toEqual(['10.0.1.0', '10.0.1.1', '10.0.2.0', '10.0.2.1']);
  expect(addressesFor(25, sides(3, 2))).toEqual(['10.0.1.0', '10.0.1.1', '10.0.1.2', '10.0.2.0']);
  expect(addressesFor(0, sides(3, 2))).toEqual(sides(3, 2).x);
  expect(addressesFor(100, sides(3, 2))).toEqual(sides(3, 2).y);
  expect(addressesFor(10, sides(3, 2))).toBeUndefined();
  expect(addressesFor(50, sides(1, 1, 'CNAME'))).toBeUndefined();
});

test('whatever the numbers: exactly the share that was asked for, and none that could be made is left out', () => {
  const count = fc.integer({ min: 1, max: 30 });
  fc.assert(
    fc.property(count, count, (x, y) => {
      const can = weightsOfAddresses(sides(x, y));
      for (const weight of can) {
        const addresses = addressesFor(weight, sides(x, y)) ?? [];
        const onY = addresses.filter((address) => address.startsWith('10.0.2.')).length;
        expect(onY / addresses.length).toBe(weight / 100);
      }
      for (let i = 0; i <= x; i++)
        for (let j = i === 0 ? 1 : 0; j <= y; j++)
          if (Number.isInteger((100 * j) / (i + j))) expect(can).toContain((100 * j) / (i + j));
    }),
    { numRuns: 30 },
  );
});
