import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetObjectTaggingCommand, HeadObjectCommand, PutObjectLegalHoldCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../src/adapters/object-store/client.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { startMoto, type Moto } from '../../sandbox/servers/moto.ts';
import { bytes, listKeys, MB, secrets, startServer, store, type S3Server } from './s3-fixture.ts';

let server: S3Server;
beforeAll(async () => void (server = await startServer()));
afterAll(() => server.stop());

const head = (s3: S3Ref, Key: string) =>
  server.admin((client) => client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key })));
const SIZES = { 'in one piece': 10, 'in parts': 20 * MB };

test.each(Object.entries(SIZES))('tags of the plan are on every object: %s', async (_, size) => {
  const tags = { owner: 'platform team', 'cost:centre': 'a+b=c/d' };
  await store.put({ ...server.ref, tags }, 'tagged', bytes(Buffer.alloc(size)));
  const { TagSet = [] } = await server.admin((client) =>
    client.send(new GetObjectTaggingCommand({ Bucket: 'backups', Key: 'tagged' })),
  );
  expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(tags);
});

test.each(Object.entries(SIZES))(
  'an object is locked as the plan says, and not removed before: %s',
  async (_, size) => {
    const s3: S3Ref = { ...server.locked, lock: { mode: 'governance', days: 30 } };
    const before = Date.now();
    await store.put(s3, 'locked', bytes(Buffer.alloc(size)));
    const { ObjectLockMode, ObjectLockRetainUntilDate: until } = await head(s3, 'locked');
    expect(ObjectLockMode).toBe('GOVERNANCE');
    expect(until?.getTime()).toBeGreaterThanOrEqual(before + 30 * 86_400_000);
    expect(await store.remove(s3, ['locked'])).toEqual([
      { key: 'locked', reason: expect.stringMatching(/^it is locked until \d{4}-/) as string },
    ]);
    expect(await listKeys(s3, 'locked')).toEqual(['locked']);
  },
);

test('what is written again and again is not locked; a legal hold is told', async () => {
  const s3: S3Ref = { ...server.locked, lock: { mode: 'compliance', days: 30 } };
  await store.put(s3, 'samples', bytes('x'), { lockMs: 0 });
  expect((await head(s3, 'samples')).ObjectLockMode).toBeUndefined();
  const hold = { Bucket: 'locked', Key: 'samples', LegalHold: { Status: 'ON' } as const };
  await server.admin((client) => client.send(new PutObjectLegalHoldCommand(hold)));
  expect(await store.remove(s3, ['samples'])).toEqual([{ key: 'samples', reason: 'it is under a legal hold' }]);
  hold.LegalHold = { Status: 'OFF' } as never;
  await server.admin((client) => client.send(new PutObjectLegalHoldCommand(hold)));
  expect(await store.remove(s3, ['samples'])).toEqual([]);
  expect(await listKeys(s3, 'samples')).toEqual([]);
});

test('a lock in a bucket without object lock is refused in words', async () => {
  const s3: S3Ref = { ...server.ref, lock: { mode: 'governance', days: 1 } };
  await expect(store.put(s3, 'no-lock', bytes('x'))).rejects.toMatchObject({
    code: 'S3Refused',
    message: expect.stringMatching(/to store no-lock in bucket "backups" at .*InvalidRequest: .*lock/i) as string,
  });
});

test.each(['AES256', { kms: 'alias/backups' }] as const)(
  'a server that takes the setting for encryption and ignores it: nothing of it stays (%j)',
  async (encryption) => {
    await expect(store.put({ ...server.ref, encryption }, 'plain', bytes('secret'))).rejects.toMatchObject({
      code: 'S3SettingIgnored',
      message: expect.stringMatching(/plain into bucket "backups".*encryption should be .* and is none/) as string,
      kind: { retryable: false },
    });
    expect(await store.head(server.ref, 'plain')).toBeUndefined();
  },
);

describe('a server that encrypts', () => {
  let moto: Moto;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'crossfade-moto-'));
    moto = await startMoto({ dir: join(dir, 'moto'), bucket: 'backups' });
  }, 300_000);
  afterAll(async () => {
    await moto.stop();
    rmSync(dir, { recursive: true });
  });

  const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab';
  const encryptions = ['AES256', { kms: KEY }, { kms: `arn:aws:kms:us-east-1:123456789012:key/${KEY}` }] as const;
  const cases = encryptions.flatMap((encryption) =>
    Object.entries(SIZES).map(([name, size]) => ({ encryption, name, size })),
  );
  test.each(cases)('$encryption, $name', async ({ encryption, size }) => {
    const s3: S3Ref = { ...server.ref, endpoint: moto.endpoint, encryption };
    await store.put(s3, 'encrypted', bytes(Buffer.alloc(size)));
    const client = createS3Client(secrets, s3);
    const found = await client.send(new HeadObjectCommand({ Bucket: 'backups', Key: 'encrypted' }));
    client.destroy();
    expect(found.ServerSideEncryption).toBe(encryption === 'AES256' ? 'AES256' : 'aws:kms');
    if (encryption !== 'AES256') expect(found.SSEKMSKeyId).toContain(KEY);
  });
});
