import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand, ListMultipartUploadsCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3Client } from '../../src/adapters/object-store/client.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import {
  ADMIN_TOKEN,
  backupActivities,
  DECK,
  secrets,
  startAdminApi,
  startServers,
  store,
  type Servers,
} from './fixture.ts';

let servers: Servers;
let dir: string;
const backup = backupActivities();
const me = upgrade();
const access = { headers: { 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' } } };

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-backup-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
});

const read = async (key: string, s3: S3Ref = servers.ref) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.get(s3, key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

async function* bytes(...chunks: (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    if (chunk instanceof Error) throw chunk;
    yield Buffer.from(chunk as string);
  }
}

const files = (paths: string[], s3 = servers.ref) =>
  backup.storeFiles({ host: 'gw-1', files: paths, prefixes: [], s3, upgrade: me, label: 'before' });

test('files: content, mode and owner; every missing one in one error', async () => {
  const conf = join(dir, 'kong.conf');
  writeFileSync(conf, 'database = postgres\n');
  chmodSync(conf, 0o640);
  const object = await files([conf]);
  expect(object).toMatchObject({ kind: 'files', source: 'gw-1' });
  expect(object?.key).toMatch(/\/before\/files\/gw-1\.tar\.zst$/);

  mkdirSync(join(dir, 'folder'));
  await expect(files([join(dir, 'no'), conf, join(dir, 'folder'), join(dir, 'neither')])).rejects.toMatchObject({
    code: 'FilesMissing',
    message: expect.stringMatching(
      /\/no \(not there\), .*\/folder \(not a file\), .*\/neither \(not there\)/,
    ) as string,
  });
});

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
  expect(await read('kept')).toBe('old');
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

const declare = (
  admin: string,
  changes: { command?: string[]; access?: { headers: Record<string, string | { env: string }> } } = {},
) =>
  backup.dumpDeclarative({
    deck: { command: changes.command ?? [DECK], ids: true, defaults: true },
    ...{ admin, access: changes.access ?? access, s3: servers.ref, upgrade: me, label: 'before' },
  });

test('deck: one object per workspace, with ids; the token is on no command line', async () => {
  const api = await startAdminApi(['default', 'it_dept']);
  const objects = await declare(api.url);
  expect(objects.map(({ source, key }) => [source, key.split('/before/')[1]])).toEqual([
    ['default', 'deck/default.yaml'],
    ['it_dept', 'deck/it_dept.yaml'],
  ]);
  const text = await read(objects[0]?.key ?? '');
  expect(text).toMatch(/^_format_version: "3\.0"\nservices:\n {2}- id: s1\n {4}name: billing/);
  expect(text).toContain('billing-v1');
  expect(await read(objects[1]?.key ?? '')).toContain('_workspace: it_dept');
  api.stop();
});

test('deck: Kong without workspaces; decK not used', async () => {
  const api = await startAdminApi(undefined);
  expect((await declare(api.url)).map(({ source }) => source)).toEqual(['default']);
  expect(
    await backup.dumpDeclarative({
      deck: false,
      ...{ admin: api.url, access, s3: servers.ref, upgrade: me, label: 'before' },
    }),
  ).toEqual([]);
  api.stop();
});

test('deck: missing, refused, empty, with a header that it can not be given', async () => {
  const api = await startAdminApi(undefined);
  await expect(declare(api.url, { command: ['deck-that-is-not-there'] })).rejects.toMatchObject({
    code: 'ProgramMissing',
    message: expect.stringContaining('deck-that-is-not-there') as string,
  });
  await expect(declare(api.url, { access: { headers: {} } })).rejects.toMatchObject({
    code: 'DeckFailed',
    message: expect.stringContaining('401') as string,
  });
  const silent = join(dir, 'silent-deck');
  writeFileSync(silent, '#!/bin/sh\nexit 0\n');
  chmodSync(silent, 0o755);
  await expect(declare(api.url, { command: [silent] })).rejects.toMatchObject({
    code: 'DeckFailed',
    message: expect.stringContaining('printed nothing') as string,
  });
  const failing = join(dir, 'failing-deck');
  writeFileSync(failing, '#!/bin/sh\n[ "$1" = version ] && exit 0\necho "Error: no such thing" >&2\nexit 1\n');
  chmodSync(failing, 0o755);
  await expect(declare(api.url, { command: [failing] })).rejects.toMatchObject({
    code: 'DeckFailed',
    message: expect.stringMatching(/code 1: Error: no such thing/) as string,
  });
  const spaced = { headers: { 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' }, Authorization: `Basic ${ADMIN_TOKEN}` } };
  await expect(declare(api.url, { access: spaced })).rejects.toMatchObject({
    code: 'DeckHeader',
    message: expect.not.stringContaining(ADMIN_TOKEN) as string,
  });
  api.stop();
});
