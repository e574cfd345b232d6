import { CrossfadeError } from '../../domain/errors/index.ts';

const MB = 1024 * 1024;
/** S3's limit for one upload. */
const MOST_PARTS = 10_000;
const PART = 16 * MB;
/** Memory for parts under way. */
const BUDGET = 64 * MB;

export interface PartPlan {
  /** Bytes of each part but the last. */
  readonly size: number;
  /** Parts under way at a time: with the one that is being filled, they bound the memory of an upload. */
  readonly inFlight: number;
}

/** Parts of one size, since not every S3 server takes others: large enough that `atMost` bytes fit into 10,000 of them. */
export function planParts(atMost = 0): PartPlan {
  const size = Math.max(PART, Math.ceil(atMost / MOST_PARTS / MB) * MB);
  // Never one alone: while it is sent, the next one is filled.
  return { size, inFlight: Math.max(2, Math.floor(BUDGET / size)) };
}

/** Memory for parts, used again: what is left to the garbage collector grows as large as the upload (tried). */
export interface PartBuffers {
  take(): Buffer;
  /** Nobody reads it any more. */
  giveBack(buffer: Buffer): void;
}

export function createPartBuffers(size: number): PartBuffers {
  const free: Buffer[] = [];
  return {
    take: () => free.pop() ?? Buffer.allocUnsafeSlow(size),
    giveBack: (buffer) => void (buffer.length === size && free.push(buffer)),
  };
}

/**
 * Cuts what flows through into parts of `size` bytes; only the last one may be smaller. Each is filled while the bytes come, and
 * belongs to whoever gets it.
 */
export async function* cutIntoParts(
  body: AsyncIterable<Uint8Array>,
  size: number,
  buffers: PartBuffers,
): AsyncGenerator<Buffer, undefined> {
  let part = buffers.take();
  let filled = 0;
  let parts = 0;
  for await (const chunk of body) {
    for (let from = 0; from < chunk.length;) {
      const taken = chunk.subarray(from, from + size - filled);
      part.set(taken, filled);
      from += taken.length;
      filled += taken.length;
      if (filled < size) continue;
      if (++parts > MOST_PARTS)
        throw new CrossfadeError(
          'S3Refused',
          `What was to be stored became larger than expected: S3 takes at most ${MOST_PARTS} parts, here of ${size / MB} MB.`,
        );
      yield part;
      part = buffers.take();
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
  return undefined;
}
