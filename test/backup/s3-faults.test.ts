import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { checkStore } from '../../src/activities/check-store.ts';
import type { ErrorCode } from '../../src/domain/errors/index.ts';
import type { BackupPlan, S3Ref } from '../../src/domain/plan/index.ts';
import { bytes, listKeys, MB, OTHER, startServer, store, type S3Server } from './s3-fixture.ts';

let server: S3Server;
beforeAll(async () => void (server = await startServer({ region: 'eu-central-1' })));
afterAll(() => server.stop());
afterEach(() => void vi.useRealTimers());

const KEY = 'crossfade/payments/preflight';
const probe = (s3: S3Ref, retention?: BackupPlan['retention']) =>
  checkStore(store, { s3, ...(retention && { retention }) } as BackupPlan, 'payments');

/** What an upload is answered with, and what the preflight says of the same. */
async function both(s3: S3Ref) {
  const thrown: unknown = await store.put(s3, 'crossfade/a', bytes('x')).catch((error: unknown) => error);
  const findings = await probe(s3);
  expect(findings).toHaveLength(1);
  const [finding] = findings;
  expect(finding).toMatchObject({
    rule: 'backup-store',
    level: 'refuse',
    hint: (thrown as { kind: { todo: string } }).kind.todo,
  });
  expect(finding?.message.replaceAll(KEY, 'crossfade/a')).toBe((thrown as Error).message);
  return thrown;
}

const fault = (code: ErrorCode, retryable: boolean, ...texts: string[]) => ({
  code,
  kind: { retryable },
  message: expect.stringMatching(new RegExp(texts.map(escaped).join('.*'), 'is')) as string,
});

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

test('no bucket', async () => {
  expect(await both({ ...server.ref, bucket: 'nowhere' })).toMatchObject(
    fault('BucketMissing', false, 'no bucket "nowhere" at', server.s3.endpoint, 'to store crossfade/a'),
  );
  await expect(store.head({ ...server.ref, bucket: 'nowhere' }, 'a')).rejects.toMatchObject({ code: 'BucketMissing' });
  await expect(store.get({ ...server.ref, bucket: 'nowhere' }, 'a')).rejects.toMatchObject({ code: 'BucketMissing' });
  await expect(store.get(server.ref, 'not/there')).rejects.toMatchObject({ code: 'ObjectMissing' });
  expect(await store.head(server.ref, 'not/there')).toBeUndefined();
});

test.each([
  ['a wrong secret', { secretAccessKey: { env: 'WRONG' } }, 'SignatureDoesNotMatch'],
  ['a wrong key', { accessKeyId: 'nobody' }, 'InvalidAccessKeyId'],
])('%s', async (_, changes, reason) => {
  const s3 = { ...server.ref, ...changes };
  const credentials = fault('S3Credentials', false, 'bucket "backups" at', server.s3.endpoint, reason);
  expect(await both(s3)).toMatchObject(credentials);
  await expect(store.head(s3, 'a')).rejects.toMatchObject(credentials);
  await expect(listKeys(s3, 'a')).rejects.toMatchObject(credentials);
});

test('a wrong region, and the right one is named', async () => {
  expect(await both({ ...server.ref, region: 'us-east-1' })).toMatchObject(
    fault('S3WrongRegion', false, '"us-east-1" is not the region', 'expecting "eu-central-1"'),
  );
});

test('a server that takes buckets in the path only', async () => {
  const { port } = new URL(server.s3.endpoint);
  const endpoint = `http://minio.invalid:${port}`;
  expect(await both({ ...server.ref, endpoint, pathStyle: false })).toMatchObject(
    fault('S3EndpointWrong', false, 'ENOTFOUND backups.minio.invalid', 'needs `pathStyle: true`'),
  );
});

test('no TLS there; nothing there', async () => {
  const { port } = new URL(server.s3.endpoint);
  expect(await both({ ...server.ref, endpoint: `https://127.0.0.1:${port}` })).toMatchObject(
    fault('S3EndpointWrong', false, 'EPROTO'),
  );
  expect(await both({ ...server.ref, endpoint: 'http://127.0.0.1:1' })).toMatchObject(
    fault('S3Unreachable', true, 'bucket "backups" at http://127.0.0.1:1', 'ECONNREFUSED'),
  );
});

test('an account with no right, one that may only read, one that may not read back, one that may not use parts', async () => {
  const s3 = { ...server.ref, ...OTHER };
  await server.allow('s3:GetBucketLocation');
  expect(await both(s3)).toMatchObject(
    fault('S3Refused', false, 'to store crossfade/a in bucket "backups"', 'AccessDenied'),
  );
  await server.allow('s3:GetObject', 's3:ListBucket');
  expect(await both(s3)).toMatchObject(fault('S3Refused', false, 'to store crossfade/a', 'AccessDenied'));
  await server.allow('s3:PutObject');
  expect(await both(s3)).toMatchObject(fault('S3Refused', false, 'to read back crossfade/a', '403'));
  await server.allow('s3:PutObject', 's3:GetObject');
  expect(await probe(s3)).toMatchObject([
    { rule: 'backup-store', level: 'refuse', message: expect.stringContaining(`to upload ${KEY} in parts`) as string },
  ]);
});

test('writing without listing and removing is enough, unless old backups are to be removed', async () => {
  const s3 = { ...server.ref, ...OTHER };
  const retention = { days: 30, atLeast: 3 };
  await server.allow('s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload');
  expect(await probe(s3)).toMatchObject([{ rule: 'backup-store', level: 'pass' }]);
  expect(await listKeys(server.ref, KEY)).toEqual([KEY]);
  expect(await probe(s3, retention)).toMatchObject([
    { level: 'pass' },
    { rule: 'backup-retention', level: 'warn', message: expect.stringContaining(`to list ${KEY}`) as string },
  ]);
  await server.allow('s3:PutObject', 's3:GetObject', 's3:AbortMultipartUpload', 's3:ListBucket');
  expect(await probe(s3, retention)).toMatchObject([
    { level: 'pass' },
    { rule: 'backup-retention', level: 'warn', message: expect.stringContaining(`to remove ${KEY}`) as string },
  ]);
  // Parts of a killed attempt can't be looked for: no reason to do nothing.
  await store.put(s3, 'large', bytes(Buffer.alloc(20 * MB)));
  expect(await store.head(s3, 'large')).toMatchObject({ size: 20 * MB });
});

test('with every right nothing of the probe is left, and a lock lasts minutes', async () => {
  const retention = { days: 30, atLeast: 3 };
  expect(await probe(server.ref, retention)).toMatchObject([{ level: 'pass' }, { level: 'pass' }]);
  expect(await listKeys(server.ref, 'crossfade/payments/')).toEqual([]);
  expect(await server.unfinished()).toEqual([]);
  const locked: S3Ref = { ...server.locked, lock: { mode: 'compliance', days: 3_650 } };
  expect(await probe(locked, retention)).toMatchObject([{ level: 'pass' }, { level: 'pass' }]);
  const [left] = await store.remove(locked, [KEY]);
  expect(Date.parse(/until (.*)$/.exec(left?.reason ?? '')?.[1] ?? '')).toBeLessThan(Date.now() + 3_600_000);
});

test('settings that the server can not do are found by the preflight', async () => {
  expect(await both({ ...server.ref, encryption: 'AES256' })).toMatchObject(
    fault('S3SettingIgnored', false, 'encryption should be AES256 and is none'),
  );
  expect(await both({ ...server.ref, lock: { mode: 'governance', days: 1 } })).toMatchObject(
    fault('S3Refused', false, 'to store crossfade/a', 'lock'),
  );
});

test('a clock that is wrong by hours is no obstacle', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3 * 3_600_000 });
  await store.put(server.ref, 'skewed', bytes('x'));
  expect(await store.head(server.ref, 'skewed')).toMatchObject({ size: 1 });
});

/** What no server at hand can be brought to: its answers, as AWS, MinIO and versitygw give them. */
async function answering(status: number, code: string, message: string, headers: Record<string, string> = {}) {
  let requests = 0;
  const http = createServer((request, response) => {
    request.resume();
    requests += 1;
    // Without `Date`: by it the client would set its clock right.
    response.sendDate = false;
    response.writeHead(status, { 'content-type': 'application/xml', connection: 'close', ...headers });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const thrown: unknown = await store
    .put({ ...server.ref, endpoint }, 'crossfade/a', bytes('x'))
    .catch((error: unknown) => error);
  http.close();
  return { thrown, requests };
}

test.each([
  [507, 'InsufficientStorage', 'No space left on device.', 'S3Full'],
  [507, 'XMinioStorageFull', 'Storage backend has reached its minimum free drive threshold.', 'S3Full'],
  [403, 'QuotaExceeded', 'Your request was denied due to quota exceeded.', 'S3Full'],
  [400, 'ExpiredToken', 'The provided token has expired.', 'S3Credentials'],
  [403, 'RequestTimeTooSkewed', 'The difference is too large.', 'S3ClockSkew'],
  [301, 'PermanentRedirect', 'The bucket must be addressed using the specified endpoint.', 'S3WrongRegion'],
] as const)('%i %s', async (status, code, message, expected) => {
  const { thrown, requests } = await answering(status, code, message);
  expect(thrown).toMatchObject(fault(expected, false, 'bucket "backups"', code));
  expect(requests).toBe(1);
});

test('the right region is named where the server says it', async () => {
  const headers = { 'x-amz-bucket-region': 'eu-west-3' };
  const { thrown } = await answering(301, 'PermanentRedirect', 'Elsewhere.', headers);
  expect(thrown).toMatchObject(fault('S3WrongRegion', false, 'The bucket is in eu-west-3.'));
});

test('what passes is retried: too many requests, a request that came too slowly', async () => {
  for (const [status, code] of [
    [503, 'SlowDown'],
    [400, 'RequestTimeout'],
  ] as const)
    expect((await answering(status, code, 'later')).thrown).toMatchObject(fault('S3Unreachable', true, code));
});
