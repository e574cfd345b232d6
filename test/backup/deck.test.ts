import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { upgrade } from '../freeze/fixture.ts';
import {
  ADMIN_TOKEN,
  backupActivities,
  DECK,
  readObject,
  startAdminApi,
  startServers,
  type Servers,
} from './fixture.ts';

let servers: Servers;
let dir: string;
const backup = backupActivities();
const me = upgrade();
const access = { headers: { 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' } } };

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-deck-'));
});
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
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
  const { objects, version } = await declare(api.url);
  expect(version).toContain('1.43.0');
  expect(objects.map(({ source, key }) => [source, key.split('/before/')[1]])).toEqual([
    ['default', 'deck/default.yaml'],
    ['it_dept', 'deck/it_dept.yaml'],
  ]);
  const text = await readObject(servers.ref, objects[0]?.key ?? '');
  expect(text).toMatch(/^_format_version: "3\.0"\nservices:\n {2}- id: s1\n {4}name: billing/);
  expect(text).toContain('billing-v1');
  expect(await readObject(servers.ref, objects[1]?.key ?? '')).toContain('_workspace: it_dept');
  api.stop();
});

test('deck: Kong without workspaces; decK not used', async () => {
  const api = await startAdminApi(undefined);
  expect((await declare(api.url)).objects.map(({ source }) => source)).toEqual(['default']);
  expect(
    await backup.dumpDeclarative({
      deck: false,
      ...{ admin: api.url, access, s3: servers.ref, upgrade: me, label: 'before' },
    }),
  ).toEqual({ objects: [] });
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
