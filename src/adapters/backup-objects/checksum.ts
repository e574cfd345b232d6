import { createHash } from 'node:crypto';
import type { StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** Compares what is read with what was stored. */
export function checksum({ key, size, sha256 }: StoredObject) {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    add(chunk: Uint8Array): void {
      hash.update(chunk);
      bytes += chunk.length;
    },
    bytes: () => bytes,
    /** After the last byte. Error `BackupDamaged`. */
    verify(): void {
      const found = hash.digest('hex');
      if (bytes === size && found === sha256) return;
      throw new CrossfadeError(
        'BackupDamaged',
        `The object ${key} was stored with ${size} bytes and SHA-256 ${sha256}, and now has ${bytes} bytes and ${found}.`,
      );
    },
  };
}
