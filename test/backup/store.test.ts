import { mkdtempSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3Client } from '../../src/adapters/object-store/client.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import { backupActivities, bytes, readObject, secrets, startServers, store, type Servers } from './fixture.ts';

let servers: Servers;
let dir: string;
const backup = backupActivities();
const me = upgrade();

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-backup-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
});

const files = (paths: string[], s3 = servers.ref) =>
  backup.storeFiles({ host: 'gw-1', files: paths, prefixes: [], s3, upgrade: me, label: 'before' });

test('each S3 fault by its name, with endpoint and bucket, and whether it is worth a retry', async () => {
  const conf = join(dir, 'a.conf');
  writeFileSync(conf, 'x');
  const at = (changes: Partial<S3Ref>) => files([conf], { ...servers.ref, ...changes });
  const where = (bucket: string) => expect.stringContaining(`bucket "${bucket}" at ${servers.s3.endpoint}`) as string;
  await expect(at({ bucket: 'nowhere' })).rejects.toMatchObject({
    code: 'BucketMissing',
    message: where('nowhere'),
    kind: { retryable: false },
  });
  await expect(at({ secretAccessKey: { env: 'WRONG' } })).rejects.toMatchObject({
    code: 'S3Refused',
    message: where('backups'),
    kind: { retryable: false },
  });
  await expect(at({ accessKeyId: 'nobody' })).rejects.toMatchObject({ code: 'S3Refused', kind: { retryable: false } });
  await expect(at({ endpoint: 'http://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'S3Unreachable',
    kind: { retryable: true },
  });
  await expect(store.head({ ...servers.ref, bucket: 'nowhere' }, 'a')).rejects.toMatchObject({ code: 'BucketMissing' });
  await expect(store.get(servers.ref, 'not/there')).rejects.toMatchObject({ code: 'ObjectMissing' });
  expect(await store.head(servers.ref, 'not/there')).toBeUndefined();
});

test('a source that fails stores nothing, small or in parts, and leaves no parts; an older object stays', async () => {
  await store.put(servers.ref, 'kept', bytes('old'));
  await expect(store.put(servers.ref, 'kept', bytes('new', new Error('source broke')))).rejects.toThrow('source broke');
  const big = Buffer.alloc(20 * 1024 * 1024, 'x');
  await expect(store.put(servers.ref, 'kept', bytes(big, big, new Error('source broke')))).rejects.toThrow(
    'source broke',
  );
  expect(await readObject(servers.ref, 'kept')).toBe('old');
  const parts = readdirSync(join(servers.kong.dir, 's3/objects/backups'), { recursive: true }).map(String);
  expect(parts.filter((file) => /multipart\/.*\/\d+$/.test(file))).toEqual([]);
});

test('parts that a killed worker left are removed by the next attempt', async () => {
  const client = createS3Client(secrets, servers.ref);
  const upload = { Bucket: 'backups', Key: 'left' };
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(upload));
  await client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: Buffer.alloc(5 * 1024 * 1024) }));
  await store.put(servers.ref, 'left', bytes('whole'));
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'backups' }));
  expect(Uploads.filter(({ Key }) => Key === 'left')).toEqual([]);
  client.destroy();
});

test('an upload that is cancelled ends with the reason of the cancellation', async () => {
  const controller = new AbortController();
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (let n = 0; ; n++) {
      await Promise.resolve();
      if (n === 40) controller.abort(new Error('somebody cancelled'));
      yield Buffer.alloc(1024 * 1024);
    }
  }
  await expect(store.put(servers.ref, 'cancelled', endless(), { signal: controller.signal })).rejects.toThrow(
    'somebody cancelled',
  );
  expect(await store.head(servers.ref, 'cancelled')).toBeUndefined();
});

test('the S3 server comes back: the next attempt works', async () => {
  const conf = join(dir, 'b.conf');
  writeFileSync(conf, 'x');
  await servers.s3.stop();
  await expect(files([conf])).rejects.toMatchObject({ code: 'S3Unreachable' });
  await servers.s3.start();
  expect(await files([conf])).toBeDefined();
});
