export const PERIODS = ['second', 'minute', 'hour', 'day', 'month', 'year'] as const;
export type Period = (typeof PERIODS)[number];

/** When the period that `now` lies in began, in milliseconds since 1970; periods follow UTC. */
export function periodStart(period: Period, now: number): number {
  const date = new Date(now);
  if (period === 'year') return Date.UTC(date.getUTCFullYear(), 0);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth());
  return now - (now % SECONDS[period]);
}

const SECONDS = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, month: 0, year: 0 };

function periodEnd(period: Period, now: number): number {
  const start = periodStart(period, now);
  const date = new Date(start);
  if (period === 'year') return Date.UTC(date.getUTCFullYear() + 1, 0);
  if (period === 'month') return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1);
  return start + SECONDS[period];
}

/** Seconds until the period that `now` lies in ends, rounded up. */
export function secondsLeft(period: Period, now: number): number {
  return Math.ceil((periodEnd(period, now) - now) / 1000);
}
