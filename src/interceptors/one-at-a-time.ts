/**
 * Keeps attempts of one activity apart. An attempt that was given up for dead because its heartbeats came too late (a busy machine)
 * may still be at work here, and what it cleans up at its end would be the next attempt's.
 */
export class OneAtATime {
  private readonly running = new Map<string, Promise<unknown>>();

  /** Runs `work` once everything that was begun before under the same key has ended. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.running.get(key);
    const mine = (async () => {
      await before?.catch(() => undefined);
      return work();
    })();
    this.running.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.running.get(key) === mine) this.running.delete(key);
    }
  }
}
