import type { EntryVia } from '../plan/index.ts';

/** What a name stands for on each side, where its records have no weights. */
export type Sides = Pick<EntryVia<'rfc2136'>, 'type' | 'x' | 'y'>;

/**
 * Every whole percent on Y that such a name can have, ascending: i addresses of X and j of Y give Y the share j / (i + j). A CNAME
 * stands for one name only.
 */
export function weightsOfAddresses({ type, x, y }: Sides): readonly number[] {
  if (type === 'CNAME') return [0, 100];
  return Array.from({ length: 101 }, (_, weight) => weight).filter(
    (weight) => countsFor(weight, x.length, y.length) !== undefined,
  );
}

/** The addresses that the name has at a weight: as many as possible, the first ones of each side; `undefined` where none give it. */
export function addressesFor(weight: number, { type, x, y }: Sides): readonly string[] | undefined {
  if (type === 'CNAME' && weight % 100 !== 0) return undefined;
  const counts = countsFor(weight, x.length, y.length);
  return counts === undefined ? undefined : [...x.slice(0, counts.x), ...y.slice(0, counts.y)];
}

function countsFor(weight: number, x: number, y: number): { x: number; y: number } | undefined {
  if (weight === 0) return { x, y: 0 };
  if (weight === 100) return { x: 0, y };
  const divisor = greatestDivisor(weight, 100);
  const least = { x: (100 - weight) / divisor, y: weight / divisor };
  const times = Math.floor(Math.min(x / least.x, y / least.y));
  return times === 0 ? undefined : { x: least.x * times, y: least.y * times };
}

const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));
