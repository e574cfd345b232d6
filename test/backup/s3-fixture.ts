import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListMultipartUploadsCommand, PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { createS3Client } from '../../src/adapters/object-store/client.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { startS3, type S3, type S3Options } from '../../sandbox/servers/s3.ts';

export const MB = 1024 * 1024;

export const secrets = createSecrets({
  S3_SECRET: 'sandbox-secret',
  WRONG: 'not-the-secret',
  OTHER: 'secret-of-other',
});
export const store = createS3Store(secrets);

/** Another account of the server, which may do what a policy says. */
export const OTHER = { accessKeyId: 'other', secretAccessKey: { env: 'OTHER' } };

export interface S3Server {
  readonly s3: S3;
  /** Bucket `backups`. */
  readonly ref: S3Ref;
  /** Bucket `locked`, which knows object lock. */
  readonly locked: S3Ref;
  /** Where the objects are, as files. */
  readonly objects: string;
  /** As the administrator of the server. */
  admin<T>(use: (client: S3Client) => Promise<T>): Promise<T>;
  /** What {@link OTHER} may do with the bucket `backups` and its objects. */
  allow(...actions: string[]): Promise<void>;
  /** Keys of uploads that were begun and neither completed nor aborted. */
  unfinished(): Promise<string[]>;
  stop(): Promise<void>;
}

export async function startServer(options: Partial<S3Options> = {}): Promise<S3Server> {
  const dir = mkdtempSync(join(tmpdir(), 'crossfade-s3-'));
  const accounts = { other: 'secret-of-other' };
  const s3 = await startS3({ dir: join(dir, 's3'), buckets: ['backups'], accounts, ...options });
  await s3.createBucket('locked', true);
  const { endpoint, region, accessKeyId } = s3;
  const ref: S3Ref = {
    ...{ bucket: 'backups', prefix: 'crossfade', region, endpoint, pathStyle: true },
    ...{ accessKeyId, secretAccessKey: { env: 'S3_SECRET' } },
  };
  async function admin<T>(use: (client: S3Client) => Promise<T>): Promise<T> {
    const client = createS3Client(secrets, ref);
    try {
      return await use(client);
    } finally {
      client.destroy();
    }
  }
  return {
    s3,
    ref,
    locked: { ...ref, bucket: 'locked' },
    objects: join(dir, 's3/objects'),
    admin,
    async allow(...actions) {
      const Resource = ['arn:aws:s3:::backups', 'arn:aws:s3:::backups/*'];
      const statements = actions.map((Action) => ({
        Effect: 'Allow',
        Principal: { AWS: ['other'] },
        Action,
        Resource,
      }));
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement: statements });
      await admin((client) => client.send(new PutBucketPolicyCommand({ Bucket: 'backups', Policy })));
    },
    unfinished: () =>
      admin(async (client) => {
        const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'backups' }));
        return Uploads.map(({ Key = '' }) => Key);
      }),
    async stop() {
      await s3.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** A stream of these chunks; an error among them is thrown. */
export async function* bytes(...chunks: (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    if (chunk instanceof Error) throw chunk;
    yield Buffer.from(chunk as string);
  }
}

export async function readObject(s3: S3Ref, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.get(s3, key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listKeys(s3: S3Ref, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(s3, prefix)) keys.push(key);
  return keys;
}
