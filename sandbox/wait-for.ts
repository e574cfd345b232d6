import { setTimeout as sleep } from 'node:timers/promises';

/** A condition did not come true in time. */
export class WaitedTooLong extends Error {
  override name = 'WaitedTooLong';
}

/** Thrown by a probe when what is waited for can't come true any more: the wait ends at once with this error. */
export class StopWaiting extends Error {
  override name = 'StopWaiting';
}

/** What a probe answers: `undefined` and `false` mean "not yet". */
export type Probe<T> = () => T | undefined | false | Promise<T | undefined | false>;

/** How long to wait, and how often to look, in milliseconds. */
export interface Patience {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

/**
 * Asks `probe` again and again until it gives something other than `undefined` and `false`, and returns that.
 * A probe that throws counts as "not yet" (but for {@link StopWaiting}); its last error is the cause of the
 * {@link WaitedTooLong} thrown at the deadline.
 */
export async function waitFor<T>(
  what: string,
  probe: Probe<T>,
  { timeoutMs = 60_000, everyMs = 25 }: Patience = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      if (error instanceof StopWaiting) throw error;
      cause = error;
    }
    if (performance.now() >= deadline) {
      const last = cause instanceof Error ? ` Last error: ${cause.message}` : '';
      throw new WaitedTooLong(`${what}: not within ${timeoutMs / 1000} s.${last}`, { cause });
    }
    await sleep(everyMs);
  }
}
