import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Encrypt } from '../../src/domain/plan/index.ts';
import { upgrade } from '../freeze/fixture.ts';
import { ADMIN_TOKEN, backupActivities, readObject, realDeps, startServers, type Servers } from './fixture.ts';

let servers: Servers;
let dir: string;
let encrypt: Encrypt;
const backup = backupActivities();
const running: Server[] = [];

beforeAll(async () => {
  servers = await startServers();
  dir = mkdtempSync(join(tmpdir(), 'crossfade-keyring-'));
  const identity = await generateIdentity();
  writeFileSync(join(dir, 'identity'), identity);
  encrypt = { recipients: [await identityToRecipient(identity)], identity: { file: join(dir, 'identity') } };
});
afterEach(() => running.splice(0).forEach((server) => server.close()));
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await servers.stop();
});

/** As Kong exports it: encrypted for `keyring_public_key`, in base64. */
const MATERIAL = Buffer.from('{"k":"wrapped","d":"the keys","n":"once"}').toString('base64');

type Answers = Readonly<Record<string, readonly [number, unknown]>>;

const ENTERPRISE = (settings: object): Answers => ({
  'GET /': [200, { version: '3.6.1.4', configuration: { keyring_enabled: true, ...settings } }],
  'GET /keyring': [200, { ids: ['RfsDJ2Ol', 'xSD219lH'], active: 'RfsDJ2Ol' }],
  'POST /keyring/export': [200, { data: MATERIAL }],
});
const CLUSTER = ENTERPRISE({ keyring_strategy: 'cluster' });

/** An Admin API that answers as the documentation says, and writes down what it was asked. */
async function kong(answers: Answers): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const what = `${request.method} ${request.url}`;
    asked.push(what);
    const known = request.headers['kong-admin-token'] === ADMIN_TOKEN;
    const [status, body] = known
      ? (answers[what] ?? [404, { message: 'Not found' }])
      : [401, { message: 'Unauthorized' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push(server);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const exportFrom = (admin: string, { encrypted = true, token = true } = {}) =>
  backup.exportKeyring({
    ...{ admin, s3: servers.ref, upgrade: upgrade(), label: 'before' },
    access: { headers: token ? { 'Kong-Admin-Token': { env: 'ADMIN_TOKEN' } } : {} },
    ...(encrypted ? { encrypt } : {}),
  });

test('it is exported as Kong documents it, stored only encrypted, and comes back as Kong imports it', async () => {
  const { url, asked } = await kong(CLUSTER);
  const object = await exportFrom(url);
  expect(asked).toEqual(['GET /', 'GET /keyring', 'POST /keyring/export']);
  expect(object).toMatchObject({ kind: 'keyring', packing: ['age'] });
  expect(object?.key).toMatch(/\/before\/keyring\.json\.age$/);
  expect(JSON.stringify(object)).not.toContain(MATERIAL);
  expect(await readObject(servers.ref, object!.key)).not.toContain(MATERIAL);
  let text = '';
  for await (const chunk of realDeps.objects.read({ s3: servers.ref, encrypt }, object!))
    text += Buffer.from(chunk).toString();
  expect(JSON.parse(text)).toEqual({ data: MATERIAL });
});

test.each<[string, Answers]>([
  ['Kong Gateway OSS', { 'GET /': [200, { version: '3.6.1', configuration: { database: 'postgres' } }] }],
  ['Enterprise with Data Encryption off', { 'GET /': [200, { configuration: { keyring_enabled: false } }] }],
  ['keys in a vault', ENTERPRISE({ keyring_strategy: 'vault' })],
  ['no key yet', { ...CLUSTER, 'GET /keyring': [200, { ids: {} }] }],
])('%s: there is nothing to export', async (_, answers) => {
  const { url, asked } = await kong(answers);
  expect(await exportFrom(url)).toBeUndefined();
  expect(asked).not.toContain('POST /keyring/export');
});

test('without encryption it is not even exported', async () => {
  const { url, asked } = await kong(CLUSTER);
  await expect(exportFrom(url, { encrypted: false })).rejects.toMatchObject({
    code: 'KeyringNotEncrypted',
    kind: { retryable: false },
  });
  expect(asked).not.toContain('POST /keyring/export');
});

test.each<[string, readonly [number, unknown], string]>([
  [
    'a reason',
    [500, { message: 'failed to export keyring: no public key' }],
    'answers 500: failed to export keyring: no public key',
  ],
  ['nothing', [400, ''], 'answers 400 without an export'],
  ['no data', [200, { keys: MATERIAL }], 'answers 200 without an export'],
  ['data that is none', [200, { data: 'not base64!' }], 'answers 200 without an export'],
])('an export that is answered with %s is an error that shows no keys', async (_, answer, message) => {
  const { url } = await kong({ ...CLUSTER, 'POST /keyring/export': answer });
  const failed: unknown = await exportFrom(url).catch((error: unknown) => error);
  expect(failed).toMatchObject({ code: 'KeyringNotExported', kind: { retryable: false } });
  expect((failed as Error).message).toContain(message);
  expect((failed as Error).message).not.toContain(MATERIAL);
});

test.each<[string, Answers]>([
  ['the root', { ...CLUSTER, 'GET /': [403, {}] }],
  ['the keyring', { ...CLUSTER, 'GET /keyring': [403, {}] }],
  ['a keyring that the root does not tell of', { 'GET /': [200, { configuration: {} }], 'GET /keyring': [403, {}] }],
  ['the export', { ...CLUSTER, 'POST /keyring/export': [403, {}] }],
])('who may not see %s knows nothing: that is not "none"', async (_, answers) => {
  const { url } = await kong(answers);
  await expect(exportFrom(url)).rejects.toMatchObject({ code: 'KeyringRefused', kind: { retryable: false } });
});

test('no token, an Admin API in trouble, and one that contradicts itself', async () => {
  const { url } = await kong(CLUSTER);
  await expect(exportFrom(url, { token: false })).rejects.toMatchObject({ code: 'KeyringRefused' });
  const troubled = await kong({ ...CLUSTER, 'GET /keyring': [500, {}] });
  await expect(exportFrom(troubled.url)).rejects.toMatchObject({ code: 'NodeUnreachable', kind: { retryable: true } });
  const away = await kong({ ...CLUSTER, 'GET /': [503, {}], 'GET /keyring': [404, {}] });
  await expect(exportFrom(away.url)).rejects.toMatchObject({ code: 'NodeUnreachable' });
  const torn = await kong({ ...CLUSTER, 'GET /keyring': [404, {}] });
  await expect(exportFrom(torn.url)).rejects.toMatchObject({ code: 'NodeUnreachable' });
});
