import { sleep } from '@temporalio/activity';
import { CrossfadeError } from '../domain/errors/index.ts';
import { reportProgress } from './progress.ts';

/** How long a migration tries to get its locks, in milliseconds. */
export interface Patience {
  /** For transactions that hold locks before the command begins. */
  readonly forHolders: number;
  /** For all attempts together, the last of which begins within it. */
  readonly inAll: number;
  readonly firstPause: number;
  readonly longestPause: number;
}

// An attempt makes the queries of nodes wait for 300 ms at most, at one table: with these pauses that is a few hundredths of the time.
export const PATIENCE: Patience = { forHolders: 60_000, inAll: 180_000, firstPause: 1_000, longestPause: 15_000 };

/**
 * Tries again, with growing pauses, what gave up waiting for a lock. A cancellation ends it at the next pause, with what the last attempt
 * failed with: its command ran.
 */
export async function patiently<T>(
  command: 'up' | 'finish',
  { inAll, firstPause, longestPause }: Patience,
  attempt: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + inAll;
  for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
    try {
      return await attempt();
    } catch (error) {
      const retried = error instanceof CrossfadeError && error.code === 'MigrationLockTimeout';
      if (!retried || performance.now() + pause > deadline) throw error;
      reportProgress({
        command: `kong migrations ${command}`,
        waitsFor: 'a lock on a table',
        triesAgainIn: `${pause} ms`,
      });
      await sleep(pause).catch(() => Promise.reject(error));
    }
  }
}
