import { sleep } from '@temporalio/activity';

/**
 * Asks `probe` until it gives something, at most `within` milliseconds; then `undefined`. A cancelled activity stops asking, with
 * Temporal's own failure.
 */
export async function poll<T>(
  probe: () => Promise<T | undefined>,
  { within, every = 200 }: { within: number; every?: number },
): Promise<T | undefined> {
  const deadline = performance.now() + within;
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    if (performance.now() + every > deadline) return undefined;
    await sleep(every);
  }
}
