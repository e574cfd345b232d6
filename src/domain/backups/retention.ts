import type { Retention } from '../plan/index.ts';
import { newestFirst, type BackupRow } from './row.ts';

const DAY = 86_400_000;

/**
 * What is older than the plan keeps it, oldest first: not among the newest verified ones, of which so many stay. What was never
 * completed counts for nothing and goes by its age. `now` is ISO 8601.
 */
export function outOfDate(rows: readonly BackupRow[], { days, atLeast }: Retention, now: string): BackupRow[] {
  const sorted = newestFirst(rows);
  const stay = new Set(sorted.filter(({ verified }) => verified).slice(0, atLeast));
  const before = Date.parse(now) - days * DAY;
  return sorted.filter((row) => !stay.has(row) && Date.parse(row.takenAt) < before).reverse();
}
