import type { Packing } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { ObjectStore } from '../object-store/port.ts';
import type { Secrets } from '../secrets.ts';
import { decrypt, encrypt } from './age.ts';
import { checksum } from './checksum.ts';
import type { BackupObjects } from './port.ts';
import { compress, decompress } from './zstd.ts';

export type * from './port.ts';

/** What a key ends in, so that people see how to open it. */
const ENDINGS: Readonly<Record<Packing, string>> = { zstd: '.zst', age: '.age' };

export function createBackupObjects(store: ObjectStore, secrets: Secrets): BackupObjects {
  const verify: BackupObjects['verify'] = async (s3, object, signal) => {
    const check = checksum(object);
    for await (const chunk of await store.get(s3, object.key, signal)) check.add(chunk);
    check.verify();
  };

  return {
    verify,

    async write({ s3, encrypt: plan }, { kind, key, source, compress: smaller }, content, { onContent, signal } = {}) {
      const packing: Packing[] = [];
      let bytes = 0;
      let body = tap(content, (chunk) => {
        bytes += chunk.length;
        onContent?.(bytes);
      });
      if (smaller) {
        packing.push('zstd');
        body = compress(body);
      }
      if (plan !== undefined) {
        packing.push('age');
        body = encrypt(body, plan);
      }
      const named = key + packing.map((one) => ENDINGS[one]).join('');
      const stored = await store.put(s3, named, body, signal === undefined ? {} : { signal });
      return { kind, key: named, source, packing, content: bytes, ...stored };
    },

    async *read({ s3, encrypt: plan }, object, { onContent, signal } = {}) {
      const check = checksum(object);
      let body = tap(await store.get(s3, object.key, signal), check.add);
      for (const packing of object.packing.toReversed())
        body = packing === 'age' ? decrypt(body, plan, secrets) : decompress(body);
      let bytes = 0;
      try {
        for await (const chunk of body) {
          bytes += chunk.length;
          onContent?.(bytes);
          yield chunk;
        }
      } catch (error) {
        if (error instanceof CrossfadeError || signal?.aborted === true) throw error;
        // Damage is the better explanation for whatever a library says of the content.
        await verify(s3, object, signal);
        throw error;
      }
      check.verify();
    },
  };
}

async function* tap(body: AsyncIterable<Uint8Array>, see: (chunk: Uint8Array) => void): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    see(chunk);
    yield chunk;
  }
}
