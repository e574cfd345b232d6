import { formatDuration } from '../duration.ts';
import type { ByteProgress } from '../progress.ts';
import { formatBytes } from './render-figures.ts';

type Figures = Omit<ByteProgress, 'doing'>;

/** The figures among what an activity reported; `undefined` when it counts no bytes. Anything may come, nothing throws. */
export function readProgress(details: unknown): Figures | undefined {
  if (typeof details !== 'object' || details === null) return undefined;
  const { bytes, total, perSecond } = details as Record<string, unknown>;
  if (!isAmount(bytes)) return undefined;
  return {
    bytes,
    // Nothing is no estimate.
    ...(isAmount(total) && total > 0 ? { total } : {}),
    ...(isAmount(perSecond) ? { perSecond } : {}),
  };
}

const isAmount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** As long as it runs it is not done, whatever the estimate was. */
const MOST = 0.99;

/** How much of it is done, 0 to 0.99; `undefined` where nobody knows the whole. */
export const doneRatio = ({ bytes, total }: Figures): number | undefined =>
  total === undefined ? undefined : Math.min(MOST, bytes / total);

/**
 * What is known, the most telling first, since a narrow terminal cuts the end off:
 * `about 43 %`, `about 15 s left`, `1.2 GB of about 2.8 GB`, `110 MB/s`.
 */
export function describeProgress(progress: Figures): string[] {
  const { bytes, total, perSecond } = progress;
  const ratio = doneRatio(progress);
  const left = timeLeft(progress);
  return [
    ...(ratio === undefined ? [] : [`about ${Math.floor(ratio * 100)} %`]),
    ...(left === undefined ? [] : [`about ${formatDuration(left)} left`]),
    amount(bytes, total),
    ...(perSecond === undefined ? [] : [`${formatBytes(perSecond)}/s`]),
  ];
}

function amount(bytes: number, total: number | undefined): string {
  if (total === undefined) return formatBytes(bytes);
  if (bytes > total) return `${formatBytes(bytes)}, more than the estimate of ${formatBytes(total)}`;
  return `${formatBytes(bytes)} of about ${formatBytes(total)}`;
}

/** Whole seconds, in milliseconds. Nobody can tell once the estimate is passed or while nothing moves. */
function timeLeft({ bytes, total, perSecond }: Figures): number | undefined {
  if (total === undefined || bytes >= total || perSecond === undefined || perSecond < 1) return undefined;
  return Math.ceil((total - bytes) / perSecond) * 1_000;
}
