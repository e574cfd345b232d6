import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createBackupActivities } from '../../src/activities/backup/index.ts';
import type { BackupRef, StoredObject } from '../../src/domain/backup.ts';
import type { AdminAccess, DatabaseRef, Encrypt, S3Ref } from '../../src/domain/plan/index.ts';
import { activityInterceptor } from '../../src/interceptors/activity.ts';
import { startS3, type S3 } from '../../sandbox/servers/s3.ts';
import { CONTENT, fingerprints, sql, startKongDatabases, upgrade, type Kong } from '../freeze/fixture.ts';
import { startAdminApi, type AdminApi } from './admin-api.ts';
import { DECK } from './deck-command.ts';
import { depsOn, secrets, store } from './fixture.ts';
import { secretsBelow, secretsIn, watchProcesses, type Known } from './secrets-seen.ts';
import { stopping } from './stopping.ts';

// On a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

let kong: Kong;
let s3: S3;
let api: AdminApi;
let known: Known;
let database: DatabaseRef;
let ref: S3Ref;
let encrypt: Encrypt;
let access: AdminAccess;
let processes: ReturnType<typeof watchProcesses>;
const me = upgrade();

/** Secrets are read from files, so that they are not even in the environment of the tests. */
const inFile = (name: string, text: string): { file: string } => {
  const file = join(kong.dir, name);
  writeFileSync(file, text);
  return { file };
};

beforeAll(async () => {
  kong = await startKongDatabases();
  const identity = await generateX25519Identity();
  known = {
    password: `kong-${randomUUID()}`,
    'admin password': `admin-${randomUUID()}`,
    'S3 secret': `s3-${randomUUID()}`,
    'age identity': identity,
    token: `token-${randomUUID()}`,
  };
  processes = watchProcesses(known);
  const of = (what: string) => inFile(what.replaceAll(' ', '-'), known[what] ?? '');
  const { postgres } = kong;
  await postgres.createRole('maker', known['admin password'] ?? '');
  await postgres.query('ALTER ROLE maker SUPERUSER', 'postgres');
  database = { ...(await kong.database('3.6.1')), password: of('password') };
  database = { ...database, admin: { user: 'maker', password: of('admin password') } };
  await postgres.query(`ALTER ROLE kong PASSWORD '${known['password']}'`, 'postgres');
  await sql(database, CONTENT);
  s3 = await startS3({ dir: join(kong.dir, 's3'), buckets: ['backups'], secretAccessKey: known['S3 secret'] ?? '' });
  ref = {
    ...{ bucket: 'backups', prefix: 'crossfade', region: s3.region, endpoint: s3.endpoint, pathStyle: true },
    ...{ accessKeyId: s3.accessKeyId, secretAccessKey: of('S3 secret') },
  };
  encrypt = { recipients: [await identityToRecipient(identity)], identity: of('age identity') };
  access = { headers: { 'Kong-Admin-Token': of('token') } };
  // deck is at work while it asks: then somebody looks.
  const headers = {
    get 'kong-admin-token'() {
      processes.look();
      return known['token'] ?? '';
    },
  };
  api = await startAdminApi({ headers });
});
afterAll(async () => {
  processes.stop();
  api.stop();
  await s3.stop();
  await kong.stop();
});

/** Everything that the activities report, log, throw and return. */
let told = '';
const tell = (what: unknown): void => void (told += `${JSON.stringify(what)}\n`);

async function run<T>(activity: () => Promise<T>): Promise<T> {
  const logger = new DefaultLogger('TRACE', ({ message, meta }) =>
    tell({ message, ...meta, error: String(meta?.['error']) }),
  );
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 3_000 }, { logger });
  environment.on('heartbeat', tell);
  const { execute } = activityInterceptor(secrets);
  try {
    const result = await environment.run(async () => execute?.({ args: [], headers: {} }, activity));
    tell(result);
    return result as T;
  } catch (error) {
    tell({ ...(error as Error), message: (error as Error).message, stack: (error as Error).stack });
    throw error;
  }
}

/** Somebody looks while the object is on its way: pg_dump, pg_restore and deck are at work then. */
const watched = (at: 'put' | 'get') =>
  createBackupActivities(depsOn(stopping(store, { at, key: 'database.dump', after: 1 }, () => processes.look())));

test.each(['plain', 'encrypted'])('nobody sees a secret while a backup is made and tried: %s', async (kind) => {
  const target = {
    s3: ref,
    upgrade: { ...me, runId: kind },
    label: 'before',
    ...(kind === 'plain' ? {} : { encrypt }),
  } as const;
  const conf = join(kong.dir, 'kong.conf');
  writeFileSync(conf, 'database = postgres\n');
  const deck = { command: [DECK], ids: true, defaults: true };
  // So large that pg_dump and pg_restore are still at work after the first bytes.
  await sql(
    database,
    `INSERT INTO ca_certificates (id, cert, cert_digest)
       SELECT gen_random_uuid(), (SELECT string_agg(md5(random()::text || m || n), '') FROM generate_series(1, 15000) m), '${kind}' || n
         FROM generate_series(1, 20) n`,
  );
  const acts = watched('put');
  const dumped = await run(() => acts.dumpDatabase({ ...target, database, leaveOut: [] }));
  const declared = await run(() => acts.dumpDeclarative({ ...target, deck, admin: api.url, access }));
  const files = await run(() => acts.storeFiles({ ...target, host: 'gw-1', files: [conf], prefixes: [] }));
  const objects = [dumped, ...declared.objects, files] as StoredObject[];
  const fingerprint = (await fingerprints.compute(database)).whole;
  const sealing = { ...target, objects, fingerprint, versions: {}, startedAt: me.startedAt };
  const sealed: BackupRef = await run(() => watched('get').sealBackup(sealing));
  const drilling = { ...target, database, backup: sealed };
  expect(await run(() => watched('get').drillRestore(drilling))).toMatchObject({ restored: true });

  expect(secretsIn(told, known)).toEqual([]);
  expect(secretsBelow(join(kong.dir, 's3/objects'), known)).toEqual([]);
  for (const object of objects)
    for await (const chunk of depsOn(store).objects.read({ s3: ref, encrypt }, object))
      expect(secretsIn(Buffer.from(chunk).toString('latin1'), known)).toEqual([]);
});

test('nor in what goes wrong', async () => {
  const target = { s3: ref, upgrade: { ...me, runId: 'wrong' }, label: 'before', leaveOut: [] } as const;
  const acts = createBackupActivities(depsOn(store));
  const wrongDatabase = { ...database, password: { file: join(kong.dir, 'S3-secret') } };
  await expect(run(() => acts.dumpDatabase({ ...target, database: wrongDatabase }))).rejects.toThrow(/password/);
  const wrongS3 = { ...ref, secretAccessKey: { file: join(kong.dir, 'password') } };
  await expect(run(() => acts.dumpDatabase({ ...target, database, s3: wrongS3 }))).rejects.toThrow(/credentials/);
  const dump = await run(() => acts.dumpDatabase({ ...target, database, encrypt }));
  const wrongIdentity = { ...encrypt, identity: inFile('another-identity', await generateX25519Identity()) };
  const sealing = { ...target, objects: [dump], versions: {}, startedAt: me.startedAt };
  const fingerprint = (await fingerprints.compute(database)).whole;
  await run(() => acts.sealBackup({ ...sealing, fingerprint, encrypt: wrongIdentity })).catch(() => undefined);
  expect(secretsIn(told, known)).toEqual([]);
});

test('the processes that were seen with one are those it is meant for', () => {
  const meantFor = [
    'password in the environment of pg_dump',
    'password in the environment of pg_restore',
    'token in the environment of node',
  ];
  const server = 'S3 secret in the environment of versitygw';
  const seen = processes
    .seen()
    .map((one) => one.replace(/environment of (deck|node-.*|MainThread|sh)$/, 'environment of node'));
  expect([...new Set(seen)]).toEqual([server, ...meantFor].sort());
});
