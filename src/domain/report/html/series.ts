import type { Sample, SideFigures } from '../../verdict/index.ts';
import type { Report } from '../types.ts';

/** One side's values over time; a missing value interrupts the line. */
export type Series = readonly { readonly time: number; readonly value: number | undefined }[];

/** A picture can't show more than about one point per two pixels. */
const MOST_POINTS = 450;

export interface Measured {
  readonly x: Series;
  readonly y: Series;
  /** Single samples, or only the average of each watch, where the samples could not be read. */
  readonly exact: boolean;
}

/** The values of both sides that `value` picks, from the samples where there are any, else from the verdicts. */
export function measured(
  report: Report,
  samples: readonly Sample[],
  value: (side: SideFigures) => number | undefined,
): Measured {
  const pick = (side: SideFigures | undefined) => (side === undefined || side.requests === 0 ? undefined : value(side));
  if (samples.length === 0) {
    const flat = (side: 'x' | 'y'): Series =>
      report.verdicts.flatMap((one) => {
        // At 100 % the figures of X are from an earlier time.
        const known = side === 'x' && one.control === 'x-last' ? undefined : pick(one[side]);
        const [from, to] = [Date.parse(one.from), Date.parse(one.to)];
        return [from, to, to].map((time, index) => ({ time, value: index === 2 ? undefined : known }));
      });
    return { x: flat('x'), y: flat('y'), exact: false };
  }
  const sorted = samples.toSorted((a, b) => a.at.localeCompare(b.at));
  const thin = thinOut(sorted, (one) => Math.max(pick(one.x) ?? 0, pick(one.y) ?? 0));
  const line = (side: 'x' | 'y') =>
    thin.map((one) => ({ time: Date.parse(one.at), weight: one.weight, value: pick(one[side]) }));
  return { x: withGaps(line('x')), y: withGaps(line('y')), exact: true };
}

/** Of each group of neighbours, the one with the highest value: peaks are what people look for. */
function thinOut(samples: readonly Sample[], height: (sample: Sample) => number): Sample[] {
  const size = Math.ceil(samples.length / MOST_POINTS);
  if (size <= 1) return [...samples];
  const groups = Array.from({ length: Math.ceil(samples.length / size) }, (_, index) =>
    samples.slice(index * size, (index + 1) * size),
  );
  return groups.map((group) => group.reduce((best, one) => (height(one) > height(best) ? one : best)));
}

/** Between two watches nothing was measured, and at another weight a side is in another situation: no line is drawn there. */
function withGaps(line: readonly (Series[number] & { readonly weight: number })[]): Series {
  const distances = line.slice(1).map((one, index) => one.time - (line[index]?.time ?? one.time));
  return line.flatMap((one, index) => {
    const [before = 0, distance = 0, after = 0] = [distances[index - 2], distances[index - 1], distances[index]];
    // Older samples are further apart than newer ones, so each distance is compared with its neighbours.
    const gap = distance > 4 * Math.max(before, after) && distance > 5_000;
    const moved = index > 0 && line[index - 1]?.weight !== one.weight;
    return gap || moved ? [{ time: one.time, value: undefined }, one] : [one];
  });
}
