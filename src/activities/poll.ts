import { sleep } from '@temporalio/activity';

/** Lets so many milliseconds go by. */
export type Pause = (ms: number) => Promise<unknown>;

/**
 * Asks `probe` until it gives something, at most `within` milliseconds; then `undefined`. A cancelled activity stops asking, with
 * Temporal's own failure, unless its `pause` takes no notice of that.
 */
export async function poll<T>(
  probe: () => Promise<T | undefined>,
  { within, every = 200, pause = sleep }: { within: number; every?: number; pause?: Pause },
): Promise<T | undefined> {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() + every > deadline) return undefined;
    await pause(every);
  }
}
