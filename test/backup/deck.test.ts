import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { createDeck } from '../../src/adapters/deck/deck.ts';
import type { AdminAccess } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import { startAdminApi, type AdminApi, type AdminApiOptions } from './admin-api.ts';
import { DECK, deckOf } from './deck-command.ts';
import { ADMIN_TOKEN, backupActivities, readObject, secrets, startServers, type Servers } from './fixture.ts';

let servers: Servers;
let dir: string;
const apis: AdminApi[] = [];
const backup = backupActivities();
const access: AdminAccess = { headers: { 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' } } };

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-decks-'));
});
afterEach(() => apis.splice(0).forEach((api) => api.stop()));
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
});

async function api(options: AdminApiOptions = {}): Promise<AdminApi> {
  const started = await startAdminApi({ headers: { 'kong-admin-token': ADMIN_TOKEN }, ...options });
  apis.push(started);
  return started;
}

interface Asked {
  readonly command?: string[];
  readonly ids?: boolean;
  readonly defaults?: boolean;
  readonly access?: AdminAccess;
  readonly activities?: typeof backup;
}

const declare = (admin: string, asked: Asked = {}) =>
  (asked.activities ?? backup).dumpDeclarative({
    deck: { command: asked.command ?? [DECK], ids: asked.ids ?? true, defaults: asked.defaults ?? true },
    ...{ admin, access: asked.access ?? access, s3: servers.ref, upgrade: upgrade(), label: 'before' },
  });

/** What was stored, by workspace. */
async function dumps(of: ReturnType<typeof declare>): Promise<Record<string, unknown>> {
  const { objects } = await of;
  const read = objects.map(async ({ source, key }) => [source, parse(await readObject(servers.ref, key))] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** A program in place of deck; `version` is answered before what it is given. */
function script(name: string, lines: string, version = 'decK v1.43.0 (abc)'): string[] {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n[ "$1" = version ] && echo '${version}' && exit 0\n${lines}\n`);
  chmodSync(path, 0o755);
  return [path];
}

const contains = (text: string) => expect.stringContaining(text) as string;

test('one object per workspace that names its workspace, with ids; the version comes back', async () => {
  const { url } = await api({ workspaces: ['default', 'it_dept'] });
  const { objects, version } = await declare(url);
  expect(version).toBe('1.43.0');
  expect(objects.map(({ source, key }) => [source, key.split('/before/')[1]])).toEqual([
    ['default', 'deck/default.yaml'],
    ['it_dept', 'deck/it_dept.yaml'],
  ]);
  const read = await dumps(declare(url));
  expect(read['default']).toMatchObject({ _format_version: '3.0', _workspace: 'default' });
  expect(read['it_dept']).toMatchObject({
    _workspace: 'it_dept',
    services: [{ id: 's1', name: 'billing', port: 80, routes: [{ id: 'r1', name: 'billing-v1' }] }],
  });
});

test('Kong without workspaces; decK not used', async () => {
  const { url } = await api();
  const read = await dumps(declare(url));
  expect(Object.keys(read)).toEqual(['default']);
  expect(read['default']).not.toHaveProperty('_workspace');
  const not = { deck: false, admin: url, access, s3: servers.ref, upgrade: upgrade(), label: 'before' } as const;
  expect(await backup.dumpDeclarative(not)).toEqual({ objects: [] });
});

test('a decK from before `deck gateway` is asked by its own names', async () => {
  const { url } = await api({ workspaces: ['default'] });
  const { version } = await declare(url, { command: [deckOf('1.27.1')] });
  expect(version).toBe('1.27.1');
  expect(await dumps(declare(url, { command: [deckOf('1.27.1')] }))).toMatchObject({
    default: { services: [{ id: 's1' }] },
  });
});

test('without ids, and without default values where decK can leave them out', async () => {
  const { url } = await api();
  const { default: read } = await dumps(declare(url, { command: [deckOf('1.53.0')], ids: false, defaults: false }));
  expect(read).toMatchObject({ services: [{ name: 'billing', host: 'billing.internal' }] });
  expect(JSON.stringify(read)).not.toMatch(/"id"|"port"/);
  await expect(declare(url, { defaults: false })).rejects.toMatchObject({
    code: 'DeckUnusable',
    message: contains('decK 1.43.0 can'),
    kind: { retryable: false },
  });
});

test('workspaces with a slash, a space, other letters, and one that looks like an option', async () => {
  const workspaces = ['größe/a b', '--all-workspaces'];
  const { url } = await api({ workspaces });
  const { objects } = await declare(url);
  expect(new Set(objects.map(({ key }) => key)).size).toBe(2);
  const read = await dumps(declare(url));
  expect(Object.keys(read)).toEqual(workspaces);
  for (const name of workspaces)
    expect(read[name]).toMatchObject({ _workspace: name, consumers: [{ username: 'ann' }] });
});

/** Writes down how it was called, then does what the stand-in does. */
const spy = (log: string) => script('spy', `{ echo "$@"; env; } > ${log}\nexec ${DECK} "$@"`);

test('the token for the Admin API is on no command line', async () => {
  const { url } = await api();
  const log = join(dir, 'called');
  await declare(url, { command: spy(log) });
  const called = readFileSync(log, 'utf8').split('\n');
  expect(called[0]).toContain('gateway dump');
  expect(called[0]).not.toContain(ADMIN_TOKEN);
});

test('a header with spaces is on no command line, in no environment and on no disk, and arrives', async () => {
  const { url } = await api({ headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  const bearer = join(dir, 'bearer');
  writeFileSync(bearer, `Bearer ${ADMIN_TOKEN}\n`);
  const log = join(dir, 'called-2');
  const { objects } = await declare(url, {
    command: spy(log),
    access: { headers: { Authorization: { file: bearer } } },
  });
  expect(objects).toHaveLength(1);
  const called = readFileSync(log, 'utf8');
  expect(called).not.toContain(ADMIN_TOKEN);
  const settings = /--config (\S+)/.exec(called)?.[1];
  expect(settings).toBeDefined();
  expect(existsSync(dirname(settings!))).toBe(false);
});

test('a deck that fails before it reads its headers leaves nothing behind', async () => {
  const { url } = await api();
  const spaced = { headers: { Authorization: 'Basic YTpi', 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' } } };
  // In a folder of its own: others make such files as well, at any time.
  const folder = mkdtempSync(join(dir, 'tmp-'));
  vi.stubEnv('TMPDIR', folder);
  await expect(declare(url, { command: script('fails', 'exit 1'), access: spaced })).rejects.toMatchObject({
    code: 'DeckFailed',
  });
  vi.unstubAllEnvs();
  expect(readdirSync(folder)).toEqual([]);
});

test('an Admin API with a certificate of its own that wants one of ours', async () => {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl(
    ...made,
    '-keyout',
    'tls.key',
    '-out',
    'tls.crt',
    '-subj',
    '/CN=admin',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  );
  const [cert, key] = [join(dir, 'tls.crt'), join(dir, 'tls.key')];
  const pem = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(cert) };
  const { url } = await api({ tls: { ...pem, requestCert: true, rejectUnauthorized: true } });
  expect((await declare(url, { access: { ...access, ca: cert, cert, key } })).objects).toHaveLength(1);
  await expect(declare(url, { access: { ...access, ca: cert } })).rejects.toMatchObject({ code: 'NodeUnreachable' });
});

test.each([
  ['is not there', ['deck-that-is-not-there'], 'ProgramMissing', 'deck-that-is-not-there'],
  ['is another program', ['echo'], 'DeckUnusable', '`echo version` prints is not that of decK: version'],
])('a deck that %s', async (_, command, code, message) => {
  const { url } = await api();
  await expect(declare(url, { command })).rejects.toMatchObject({ code, message: contains(message) });
});

test.each([
  ['nothing', 'exit 0', 'printed nothing'],
  ['a text', 'echo "all good"', 'something else than a configuration'],
  ['JSON', `echo '{"_format_version":"3.0"}'`, 'something else than a configuration'],
  [
    'a configuration of Konnect',
    `printf '_format_version: "3.0"\\n_konnect: {}\\n'`,
    'something else than a configuration',
  ],
  [
    'another workspace',
    `printf '_format_version: "3.0"\\n_workspace: other\\nservices: []\\n'`,
    'the configuration of "other"',
  ],
  ['no workspace', `printf '_format_version: "3.0"\\nservices: []\\n'`, 'the configuration of no workspace'],
  [
    'no entity',
    `printf '_format_version: "3.0"\\n_workspace: sales\\n'`,
    'no entity for workspace sales, and Kong has some',
  ],
  ['an error', 'echo "Error: no such thing" >&2; exit 1', 'code 1: Error: no such thing'],
  ['half of it', `printf '_format_version: "3.0"\\n_workspace: sales\\nservices:\\n'; kill -9 $$`, 'was ended'],
])('a deck that prints %s', async (_, lines, message) => {
  const { url } = await api({ workspaces: ['sales'] });
  await expect(declare(url, { command: script('prints', lines) })).rejects.toMatchObject({
    code: 'DeckFailed',
    message: contains(message),
  });
});

test('a workspace without any entity is dumped as such', async () => {
  const { url } = await api({ workspaces: ['default', 'sales'], empty: ['sales'] });
  expect(await dumps(declare(url))).toMatchObject({ sales: { _format_version: '3.0', _workspace: 'sales' } });
});

test('an Admin API that does not let us in, or shows no workspace', async () => {
  const { url } = await api();
  await expect(declare(url, { access: { headers: {} } })).rejects.toMatchObject({
    code: 'DeckUnusable',
    message: contains('answers 401'),
  });
  const none = await api({ workspaces: [] });
  await expect(declare(none.url)).rejects.toMatchObject({
    code: 'DeckFailed',
    message: contains('shows no workspace'),
  });
});

test.each([
  ['its version', '', { quick: 3_000, dump: 60_000 }],
  ['its dump', `[ "$1" = version ] && echo 'decK v1.43.0' && exit 0`, { quick: 60_000, dump: 3_000 }],
])('a deck that hangs at %s is ended, with what it has started', async (_, answer, silence) => {
  const { url } = await api();
  const path = join(dir, 'hangs');
  writeFileSync(path, `#!/bin/sh\n${answer}\nsleep 1000 &\necho $! > "$0.pid"\nwait\n`);
  chmodSync(path, 0o755);
  const deck = createDeck(secrets, { PATH: process.env['PATH'] ?? '', HOME: dir }, silence);
  await expect(declare(url, { command: [path], activities: backupActivities({ deck }) })).rejects.toMatchObject({
    code: 'DeckFailed',
    message: contains('printed nothing for 3 s'),
  });
  const pid = readFileSync(`${path}.pid`, 'utf8').trim();
  await vi.waitFor(() => expect(existsSync(`/proc/${pid}`)).toBe(false), { timeout: 20_000 });
});
