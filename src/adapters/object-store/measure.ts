import { createHash } from 'node:crypto';

/** Counts and hashes what flows through, and remembers if the source failed. */
export function measure(
  source: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
  signal: AbortSignal | undefined,
) {
  const hash = createHash('sha256');
  let size = 0;
  let failure: unknown;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted();
        hash.update(chunk);
        size += chunk.length;
        onBytes?.(size);
        yield chunk;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { body: body(), failure: () => failure, result: () => ({ size, sha256: hash.digest('hex') }) };
}
