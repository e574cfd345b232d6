import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upgrade } from '../freeze/fixture.ts';
import { backupActivities, startServers, type Servers } from './fixture.ts';

let servers: Servers;
let dir: string;
const backup = backupActivities();
const me = upgrade();

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-files-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
});

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
