const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Does `stop` before an interrupted bench ends, whatever it was doing. Returns what takes that back. */
export function whenInterrupted(stop: () => Promise<unknown>): () => void {
  let interrupted = false;
  const end = () => {
    // A terminal and npm both send it: the second one must not end this before everything is stopped.
    if (!interrupted) void stop().finally(() => process.exit(130));
    interrupted = true;
  };
  for (const signal of SIGNALS) process.on(signal, end);
  return () => SIGNALS.forEach((signal) => process.off(signal, end));
}
