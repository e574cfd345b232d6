import type { SideFigures, Verdict } from '../verdict/index.ts';

/** `1,204,000` */
export const formatCount = (count: number): string =>
  Math.round(count)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');

/** A ratio (0 to 1) as percent: `0 %`, `0.02 %`, `12 %`; what is there is never shown as nothing. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  const digits = percent < 10 ? 2 : 1;
  return `${percent.toFixed(digits).replace(/\.?0+$/, '')} %`;
}

/** `850 B`, `1.2 MB` */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value.toFixed(unit === 0 || value >= 100 ? 0 : 1)} ${units[unit] ?? ''}`;
}

export const formatMs = (ms: number): string => (ms > 0 && ms < 10 ? `${ms.toFixed(1)} ms` : `${formatCount(ms)} ms`);

/** The first bucket of Kong's latency histogram ends here: below it there are no digits to trust. */
const FINEST_MS = 25;

/** `0.02 % errors, p99 31 ms (1,204 requests)` */
export function describeSide(side: SideFigures): string {
  if (side.requests === 0) return 'no requests';
  const parts = [`${formatPercent(side.errorRatio)} errors`];
  if (side.unmatched > 0) parts.push(`${formatPercent(side.unmatchedRatio)} without a route`);
  if (side.p99Ms !== undefined)
    parts.push(side.p99Ms <= FINEST_MS ? `p99 ≤ ${FINEST_MS} ms` : `p99 ${formatMs(side.p99Ms)}`);
  return `${parts.join(', ')} (${formatCount(side.requests)} requests)`;
}

/** Both sides on one line, and against what Y was judged. */
export function describeFigures({ x, y, control }: Verdict): string {
  const parts: string[] = [];
  if (y !== undefined) parts.push(`Y ${describeSide(y)}`);
  if (x !== undefined) parts.push(`${control === 'x-last' ? 'X before' : 'X'} ${describeSide(x)}`);
  if (control === 'none') parts.push('no control');
  return parts.join('; ');
}
