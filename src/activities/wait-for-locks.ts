import { sleep } from '@temporalio/activity';
import type { LockHolders } from '../adapters/postgres/lock-holders.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { describeHolder, olderThan, type LockHolder } from '../domain/migrations/index.ts';
import type { DatabaseRef } from '../domain/plan/index.ts';
import { reportProgress } from './progress.ts';

/**
 * A transaction that has lasted this long (milliseconds) is likely to outlast a migration's wait for a lock as well; those of nodes take
 * a few milliseconds.
 */
const OLD = 1_000;
const EVERY = 250;
const NAMED = 5;

/**
 * Waits until nobody holds locks on Kong's tables that a migration would have to wait for: its own queries, and so those of all nodes,
 * would queue behind it. Error `MigrationBlocked` after `within` milliseconds.
 */
export async function waitForLocks(
  { read }: LockHolders,
  database: DatabaseRef,
  { command, within }: { command: string; within: number },
): Promise<void> {
  const start = performance.now();
  const firstSeen = new Map<string, number>();
  for (let look = 0; ; look++) {
    const holders = await read(database);
    const now = performance.now();
    // What was there at the first look may have been there for ever.
    for (const { id } of holders) if (!firstSeen.has(id)) firstSeen.set(id, look === 0 ? -Infinity : now);
    const old = olderThan(OLD, holders, (id) => now - (firstSeen.get(id) ?? now));
    if (old.length === 0) return;
    reportProgress({ command, waitsFor: some(old), since: `${Math.round((now - start) / 1000)} s` });
    if (now + EVERY - start > within) throw blocked(command, old, within);
    await sleep(EVERY);
  }
}

const blocked = (command: string, old: readonly LockHolder[], within: number): CrossfadeError =>
  new CrossfadeError(
    'MigrationBlocked',
    `${command} was not begun: for ${within / 1000} s there was a transaction with locks on Kong's tables. Now: ${some(old)}.`,
  );

function some(holders: readonly LockHolder[]): string {
  const more = holders.length - NAMED;
  const named = holders.slice(0, NAMED).map(describeHolder).join('; ');
  return more > 0 ? `${named}; and ${more} more` : named;
}
