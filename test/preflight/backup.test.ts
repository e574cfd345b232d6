import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createBackupChecks } from '../../src/activities/check-backup.ts';
import type { BackupMeans } from '../../src/activities/contract.ts';
import { createProveEncryption } from '../../src/adapters/backup-objects/prove.ts';
import { createDeck } from '../../src/adapters/deck/deck.ts';
import { backupFiles } from '../../src/adapters/files/index.ts';
import { createKeyring } from '../../src/adapters/kong/keyring.ts';
import { createReadAdminRights } from '../../src/adapters/postgres/admin-rights.ts';
import { createReadConnections } from '../../src/adapters/postgres/connections.ts';
import { createFindDumpAccount } from '../../src/adapters/postgres/dump-account.ts';
import { startAdminApi, type AdminApi } from '../backup/admin-api.ts';
import { DECK, deckOf } from '../backup/deck-command.ts';
import {
  asActivity,
  connect,
  nodeAt,
  secrets,
  sideOf,
  startKongDatabases,
  type Kong,
} from '../kong-adapter/fixture.ts';

let kong: Kong;
let dir: string;
let api: AdminApi;
let keys: { identity: string; recipient: string };

const checks = createBackupChecks({
  files: backupFiles,
  deck: createDeck(secrets, { PATH: process.env['PATH'] ?? '', HOME: '/' }),
  keyring: createKeyring(secrets),
  proveEncryption: createProveEncryption(secrets),
  connections: createReadConnections(connect),
  adminMay: createReadAdminRights(connect),
  dumpAccount: createFindDumpAccount(connect),
});

beforeAll(async () => {
  kong = await startKongDatabases();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-preflight-'));
  api = await startAdminApi({ workspaces: ['default', 'sales'] });
  const identity = await generateIdentity();
  keys = { identity, recipient: await identityToRecipient(identity) };
});
afterAll(async () => {
  api.stop();
  rmSync(dir, { recursive: true });
  await kong.stop();
});

const file = (name: string, content: string) => {
  writeFileSync(join(dir, name), content);
  return join(dir, name);
};
const means = (changes: Partial<BackupMeans> = {}): BackupMeans => ({
  ...{ deck: { command: [DECK], ids: true, defaults: true }, admin: api.url, access: { headers: {} } },
  ...changes,
});
const says = (text: string) => expect.stringContaining(text) as string;

test('decK reaches the Admin API; one that is missing, can not, or is too old does not pass', async () => {
  const deck = (changes: Partial<BackupMeans>) => asActivity(() => checks.deck(means(changes)));
  expect(await deck({})).toMatchObject({
    level: 'pass',
    message: says('decK 1.43.0 reaches the Admin API and dumps 2 workspaces'),
  });
  expect(await deck({ deck: { command: [deckOf('1.27.1')], ids: true, defaults: true } })).toMatchObject({
    level: 'pass',
  });
  expect(await deck({ deck: false })).toMatchObject({ level: 'pass', message: says('not used') });
  await expect(deck({ deck: { command: ['no-deck'], ids: true, defaults: true } })).rejects.toMatchObject({
    code: 'ProgramMissing',
  });
  await expect(deck({ deck: { command: [DECK], ids: true, defaults: false } })).rejects.toMatchObject({
    code: 'DeckUnusable',
  });
  await expect(deck({ admin: 'http://127.0.0.1:1' })).rejects.toMatchObject({ code: 'DeckFailed' });
});

test('the identity is tried on the recipients', async () => {
  const encryption = (content: string, recipients = [keys.recipient]) =>
    asActivity(() =>
      checks.encryption(means({ encrypt: { recipients, identity: { file: file('identity', content) } } })),
    );
  expect(await encryption(`# made today\n${keys.identity}\n`)).toMatchObject([{ rule: 'encrypt', level: 'pass' }]);
  const other = await generateIdentity();
  expect(await encryption(keys.identity, [await identityToRecipient(other), keys.recipient])).toMatchObject([
    { level: 'pass' },
  ]);
  await expect(encryption(other)).rejects.toMatchObject({
    code: 'CannotDecrypt',
    message: says('of none of the recipients'),
  });
  await expect(encryption('nothing')).rejects.toMatchObject({ code: 'CannotDecrypt' });
  const missing = { recipients: [keys.recipient], identity: { env: 'NO_SUCH_VARIABLE' } };
  await expect(asActivity(() => checks.encryption(means({ encrypt: missing })))).rejects.toMatchObject({
    code: 'SecretMissing',
  });
  const without = { recipients: [keys.recipient] };
  expect(await asActivity(() => checks.encryption(means({ encrypt: without })))).toMatchObject([{ level: 'pass' }]);
  expect(await asActivity(() => checks.encryption(means()))).toEqual([]);
});

test('the server of the restore drill is asked', async () => {
  const database = await kong.database('3.6.1');
  const server = (on?: BackupMeans['on']) =>
    asActivity(() => checks.drillServer(means(on === undefined ? {} : { on }), database));
  expect(await server()).toEqual([]);
  expect(await server({ ...database, name: 'postgres' })).toMatchObject([{ rule: 'drill-server', level: 'pass' }]);
  await expect(server({ ...database, port: 1 })).rejects.toThrow(`${database.host}:1`);
});

test('files of a side: what the plan names, and what its nodes keep', async () => {
  const prefix = mkdtempSync(join(dir, 'x1-'));
  writeFileSync(join(prefix, '.kong_env'), 'pg_password = hunter2\n');
  writeFileSync(join(prefix, 'nginx.conf'), 'events {}\n');
  const side = sideOf('3.6.1', [nodeAt('x1', prefix, [1, 2, 3])]);
  const files = (named: string[], encrypted = false) => asActivity(() => checks.files('x', side, named, encrypted));
  const conf = file('open.conf', 'pg_host = db\n');
  expect(await files([conf])).toMatchObject({
    ...{ rule: 'files-x', level: 'warn' },
    message: `2 files can be backed up. Of what the nodes keep themselves is left out: ${prefix}/.kong_env (\`pg_password\`).`,
  });
  expect(await files([conf], true)).toMatchObject({ level: 'pass', message: '3 files can be backed up.' });
  const secret = file('secret.conf', 'pg_password = hunter2\n');
  const refused = await files([secret, join(dir, 'no')]);
  expect(refused).toMatchObject({ level: 'refuse', message: says(`${join(dir, 'no')} (not there)`) });
  expect(await files([secret])).toMatchObject({ level: 'refuse', message: says(`${secret} (\`pg_password\`)`) });
  expect(JSON.stringify([refused, await files([secret])])).not.toContain('hunter2');
});
