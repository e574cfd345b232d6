import { setTimeout as pause } from 'node:timers/promises';
import { CrossfadeError } from '../../src/domain/errors/index.ts';

const WITHIN = 60_000;

/** Tries again as Temporal does: after what may be tried again, and for a while. */
export async function again<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + WITHIN;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof CrossfadeError) || !error.kind.retryable || performance.now() > deadline) throw error;
      await pause(100);
    }
  }
}
