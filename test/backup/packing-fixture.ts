import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createBackupObjects, type BackupObjects, type BackupStore } from '../../src/adapters/backup-objects/index.ts';
import type { StoredObject } from '../../src/domain/backup.ts';
import type { Encrypt, S3Ref } from '../../src/domain/plan/index.ts';
import { startS3, type S3 } from '../../sandbox/servers/s3.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { secrets, store } from './fixture.ts';

export const objects = createBackupObjects(store, secrets);

/** An S3 server, and a key to encrypt with. */
export interface Packing {
  readonly ref: S3Ref;
  readonly identity: string;
  readonly encrypt: Encrypt;
  /** A file of the tests' folder, to be read as a secret. `key` holds the identity. */
  keyFile(name: string, text: string): { file: string };
  /** Objects of the S3 server are files. */
  fileOf(object: StoredObject): string;
  write(
    content: AsyncIterable<Uint8Array>,
    how: { compress: boolean; encrypt?: Encrypt | undefined },
    key?: string,
  ): Promise<StoredObject>;
  read(object: StoredObject, from?: Partial<BackupStore>, of?: BackupObjects): Promise<Buffer>;
}

/** For one test file: starts the server, and stops it. */
export function usePacking(): Packing {
  const dir = tempFolder();
  let s3: S3;
  let ref: S3Ref;
  let identity: string;
  let encrypt: Encrypt;
  let last = 0;
  const keyFile = (name: string, text: string) => {
    const file = join(dir, name);
    writeFileSync(file, text);
    return { file };
  };

  beforeAll(async () => {
    s3 = await startS3({ dir: join(dir, 's3'), buckets: ['backups'], secretAccessKey: 'sandbox-secret' });
    ref = {
      ...{ bucket: 'backups', prefix: '', region: s3.region, endpoint: s3.endpoint, pathStyle: true },
      ...{ accessKeyId: s3.accessKeyId, secretAccessKey: { env: 'S3_SECRET' } },
    };
    identity = await generateX25519Identity();
    encrypt = { recipients: [await identityToRecipient(identity)], identity: keyFile('key', identity) };
  });
  afterAll(async () => {
    await s3.stop();
    rmSync(dir, { recursive: true });
  });

  return {
    get ref() {
      return ref;
    },
    get identity() {
      return identity;
    },
    get encrypt() {
      return encrypt;
    },
    keyFile,
    fileOf: ({ key }) => join(dir, 's3/objects/backups', key),
    write: (content, how, key = `object-${(last += 1)}`) =>
      objects.write(
        { s3: ref, encrypt: how.encrypt },
        { kind: 'files', key, source: 'here', compress: how.compress },
        content,
      ),
    async read(object, from = {}, of = objects) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of of.read({ s3: ref, encrypt, ...from }, object)) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
  };
}

export async function* inChunks(content: Uint8Array, size = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += size) {
    await Promise.resolve();
    yield content.subarray(at, at + size);
  }
}
