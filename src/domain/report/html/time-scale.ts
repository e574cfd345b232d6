import { formatDuration } from '../../duration.ts';

/** Turns times (milliseconds) into places on the page. All pictures share one, so that they can be read together. */
export interface TimeScale {
  readonly left: number;
  readonly right: number;
  at(time: number): number;
  readonly ticks: readonly { readonly x: number; readonly label: string }[];
  /** Long waits that are drawn shorter than they were. */
  readonly shortened: readonly { readonly from: number; readonly to: number; readonly label: string }[];
}

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly cut: boolean;
  readonly drawn: number;
}

/**
 * Linear, but a wait of hours between minutes of work (a night before an approval) is drawn as long as all the rest together.
 *
 * @param moments every time at which something began, ended or happened
 */
export function timeScale(moments: readonly number[], left: number, right: number): TimeScale {
  const sorted = [...new Set(moments.filter(Number.isFinite))].sort((a, b) => a - b);
  const start = sorted[0] ?? 0;
  const end = Math.max(sorted.at(-1) ?? 0, start + 1_000);
  const stretches = cutStretches([...sorted.slice(0, -1), end]);
  const perPixel = stretches.reduce((sum, one) => sum + one.drawn, 0) / (right - left);

  const at = (time: number): number => {
    let x = left;
    for (const { from, to, drawn } of stretches) {
      if (time >= to) x += drawn / perPixel;
      else if (time > from) x += ((time - from) / (to - from)) * (drawn / perPixel);
    }
    return Math.min(x, right);
  };
  const shortened = stretches
    .filter((one) => one.cut)
    .map(({ from, to }) => ({ from: at(from), to: at(to), label: formatDuration(to - from) }));
  return { left, right, at, shortened, ticks: ticks(stretches, perPixel, at) };
}

function cutStretches(times: readonly number[]): Stretch[] {
  const pairs = times.slice(1).map((to, index) => ({ from: times[index] ?? to, to }));
  const total = pairs.reduce((sum, { from, to }) => sum + to - from, 0);
  const rest = pairs.reduce((sum, { from, to }) => sum + (to - from > total / 5 ? 0 : to - from), 0);
  return pairs.map(({ from, to }) => {
    const lasted = to - from;
    const cut = rest > 0 && lasted > total / 5 && lasted > 3 * rest;
    return { from, to, cut, drawn: cut ? rest : lasted };
  });
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const STEPS = [1, 2, 5, 10, 15, 30]
  .flatMap((n) => [n * SECOND, n * MINUTE])
  .concat([1, 2, 3, 6, 12, 24].map((n) => n * HOUR));

/** About one label per 100 pixels, at round times; none inside a shortened wait. */
function ticks(stretches: readonly Stretch[], perPixel: number, at: (time: number) => number) {
  const wanted = perPixel * 100;
  const step = STEPS.toSorted((a, b) => a - b).find((one) => one >= wanted) ?? 24 * HOUR;
  const found: { x: number; label: string }[] = [];
  for (const { from, to, cut } of stretches) {
    if (cut) continue;
    for (let time = Math.ceil(from / step) * step; time <= to; time += step) {
      const x = at(time);
      if (x - (found.at(-1)?.x ?? -Infinity) < 56) continue;
      found.push({ x, label: new Date(time).toISOString().slice(11, step < MINUTE ? 19 : 16) });
    }
  }
  return found;
}
