import { pipeline, Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';

/** Measured on dumps: smaller than gzip's default, and faster than `pg_dump` writes. */
const LEVEL = 2;
const CHUNK = 1024 * 1024;

// Without `nbWorkers`: Node 24.21 ends such a stream before the workers have given everything (tried).
const compressor = () =>
  createZstdCompress({
    chunkSize: CHUNK,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL, [constants.ZSTD_c_checksumFlag]: 1 },
  });

export const compress = (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> =>
  through(body, compressor());

/** Throws what zlib throws when the content is not zstd's, or cut off. */
export const decompress = (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> =>
  through(body, createZstdDecompress({ chunkSize: CHUNK }));

/** zlib works on a thread of its own; the pipeline ends both sides when one of them fails or nobody reads any more. */
async function* through(
  body: AsyncIterable<Uint8Array>,
  transform: ReturnType<typeof createZstdCompress> | ReturnType<typeof createZstdDecompress>,
): AsyncGenerator<Uint8Array, void> {
  pipeline(Readable.from(body, { objectMode: false }), transform, () => undefined);
  for await (const chunk of transform) yield chunk as Uint8Array;
}
