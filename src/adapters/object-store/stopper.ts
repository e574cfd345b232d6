/** Stops several things that run at the same time, by the first failure of one of them or from outside. */
export interface Stopper {
  readonly signal: AbortSignal;
  /** The first reason counts. */
  stop(reason: unknown): void;
  /** What the promise gives, or the reason of a stop while it is waited for. */
  unlessStopped<T>(promise: Promise<T>): Promise<T>;
}

export function createStopper(outer?: AbortSignal): Stopper {
  const own = new AbortController();
  const signal = outer === undefined ? own.signal : AbortSignal.any([outer, own.signal]);
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  stopped.catch(() => undefined);
  return {
    signal,
    stop: (reason) => own.abort(reason),
    unlessStopped: (promise) => Promise.race([stopped, promise]),
  };
}
