import type { Packing } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { ObjectStore } from '../object-store/port.ts';
import type { Secrets } from '../secrets.ts';
import { decrypt, encrypt, identities } from './age.ts';
import { checksum } from './checksum.ts';
import type { BackupObjects } from './port.ts';
import { compress, decompress } from './zstd.ts';

export type * from './port.ts';

/** What a key ends in, so that people see how to open it. */
const ENDINGS: Readonly<Record<Packing, string>> = { zstd: '.zst', age: '.age' };

export function createBackupObjects(store: ObjectStore, secrets: Secrets): BackupObjects {
  const verify: BackupObjects['verify'] = async (s3, object, { onContent, signal } = {}) => {
    const check = checksum(object);
    for await (const chunk of await store.get(s3, object.key, signal)) {
      check.add(chunk);
      onContent?.(check.bytes());
    }
    check.verify();
  };

  return {
    verify,

    async write({ s3, encrypt: plan }, object, content, { onContent, signal } = {}) {
      const { kind, key, source, compress: smaller, atMost } = object;
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
      const options = { ...(signal && { signal }), ...(atMost !== undefined && { atMost }) };
      const stored = await store.put(s3, named, body, options);
      return { kind, key: named, source, packing, content: bytes, ...stored };
    },

    async *read({ s3, encrypt: plan }, object, { onContent, signal } = {}) {
      // Before anything is read: without an identity there is no use in it.
      const age = object.packing.includes('age') ? identities(plan, secrets) : undefined;
      const check = checksum(object);
      let body = tap(await store.get(s3, object.key, signal), check.add);
      for (const packing of object.packing.toReversed())
        body = packing === 'age' && age !== undefined ? decrypt(body, age) : decompress(body);
      let bytes = 0;
      try {
        for await (const chunk of body) {
          bytes += chunk.length;
          onContent?.(bytes);
          yield chunk;
        }
      } catch (error) {
        if (signal?.aborted === true || isOfStore(error)) throw error;
        // Damage is the better explanation for whatever a library says of the content.
        await verify(s3, object, signal === undefined ? {} : { signal });
        throw unreadable(object.key, error);
      }
      check.verify();
    },
  };
}

const isOfStore = (error: unknown) => error instanceof CrossfadeError && error.code !== 'CannotDecrypt';

const unreadable = (key: string, cause: unknown): CrossfadeError =>
  cause instanceof CrossfadeError
    ? cause
    : new CrossfadeError(
        'BackupDamaged',
        `The object ${key} is what was stored, and can not be unpacked: ${(cause as Error).message}.`,
        { cause },
      );

async function* tap(
  body: AsyncIterable<Uint8Array>,
  see: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of body) {
    see(chunk);
    yield chunk;
  }
}
