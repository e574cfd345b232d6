import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import { createFindDumpAccount } from '../../src/adapters/postgres/dump-account.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import * as rules from '../../src/domain/rules/index.ts';
import { CONTENT, fingerprints, sql, upgrade, withoutAdmin } from '../freeze/fixture.ts';
import { createRestoreLooks } from '../../src/adapters/postgres/restore-look.ts';
import { backupActivities, connect, realDeps, startServers, store, type Servers } from './fixture.ts';

// On a machine that has much else to do.
vi.setConfig({ testTimeout: 300_000 });

let servers: Servers;
let database: DatabaseRef;
let run = 0;
let me = upgrade();
const backup = backupActivities();

beforeAll(async () => {
  servers = await startServers();
  await servers.kong.postgres.query(
    "CREATE ROLE other; CREATE ROLE backups LOGIN CREATEDB CREATEROLE PASSWORD 'postgres'; GRANT kong TO backups",
    'postgres',
  );
});
afterAll(() => servers.stop());
beforeEach(async () => {
  me = upgrade(`run-${(run += 1)}`);
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
});

/** As a superuser. */
const asSuperuser = (text: string, name = database.name) => servers.kong.postgres.query(text, name);
const ofOther = `CREATE SCHEMA extra AUTHORIZATION other; CREATE TABLE extra.t (n serial, text text); INSERT INTO extra.t (text) VALUES ('a'), ('b');
  ALTER TABLE extra.t OWNER TO other`;
const withAccount = (user: string): DatabaseRef => ({
  ...database,
  admin: { user, password: { env: 'ADMIN_PASSWORD' } },
});

const dump = (of: DatabaseRef) =>
  backup.dumpDatabase({ database: of, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [] });
const preflight = async (of: DatabaseRef) => rules.dumpAccount(await createFindDumpAccount(connect)(of));

test("what Kong's role can't read, database.admin dumps; it restores, is compared and is looked at like anything else", async () => {
  await asSuperuser(ofOther);
  expect(await preflight(database)).toMatchObject({
    level: 'pass',
    message:
      "postgres can read everything in the database, and dumps it: kong can't read 2 things of the database (sequence extra.t_n_seq, table extra.t).",
  });
  const objects = [await dump(database)];
  const sealed = await backup.sealBackup({
    ...{ s3: servers.ref, upgrade: me, label: 'before', objects, versions: {}, startedAt: me.startedAt },
    fingerprint: (await fingerprints.compute(database)).whole,
  });
  const { manifestKey } = sealed;
  const manifest = await readManifest(store, servers.ref, manifestKey);
  expect(manifest.database?.rows['extra.t']).toBe(2);
  expect(await backup.drillRestore({ s3: servers.ref, database, upgrade: me, backup: sealed })).toMatchObject({
    restored: true,
  });
  const target = { on: database, name: 'of_others', manifestKey };
  const { signal } = new AbortController();
  const restored = await realDeps.restore.intoNew({ s3: servers.ref }, manifest, target, { signal });
  await realDeps.comparison.requireEqual(restored.database, manifest.database!);
  expect(await createRestoreLooks(connect).present(database)).toMatchObject({ content: { rows: { 'extra.t': 2 } } });
});

test('nobody can read it: refused before anything is done, with names and statements; the dump fails for good', async () => {
  await asSuperuser(`${ofOther}; CREATE TABLE other_table (n int); ALTER TABLE other_table OWNER TO other;
    CREATE TABLE hidden (n int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT SELECT ON hidden TO kong;
    SELECT lo_from_bytea(4711, 'x')`);
  const alone = await preflight(withoutAdmin(database));
  expect(alone).toMatchObject({
    level: 'refuse',
    message: `Nobody can dump the whole database: kong can't read 5 things of the database (large object 4711, sequence extra.t_n_seq, table extra.t, table public.hidden, table public.other_table).`,
  });
  const both = await preflight(withAccount('backups'));
  expect(both).toMatchObject({ level: 'refuse' });
  expect(both.message).toContain("; backups can't read 5 things");
  for (const statement of ['GRANT USAGE ON SCHEMA extra TO backups', 'GRANT SELECT ON LARGE OBJECT 4711 TO backups'])
    expect(JSON.stringify(both)).toContain(statement);

  for (const [of, text] of [
    [withoutAdmin(database), /kong can't read 5 things .*GRANT USAGE ON SCHEMA extra TO kong/],
    [withAccount('backups'), /backups can't read 5 things .*GRANT USAGE ON SCHEMA extra TO backups/],
  ] as const)
    await expect(dump(of)).rejects.toMatchObject({
      code: 'DatabaseNotPermitted',
      kind: { retryable: false },
      message: expect.stringMatching(text) as string,
    });
});

test('the statements that are named help', async () => {
  await asSuperuser(`${ofOther}; CREATE TABLE hidden (n int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;
    SELECT lo_from_bytea(4711, 'x')`);
  const found = await createFindDumpAccount(connect)(withAccount('backups'));
  const grants = 'nobody' in found ? (found.nobody.at(-1)?.grants ?? []) : [];
  expect(grants).toHaveLength(5);
  await asSuperuser(grants.join(';'));
  // Now only row security is left, which hides itself from those without any right.
  const again = await createFindDumpAccount(connect)(withAccount('backups'));
  const more = 'nobody' in again ? (again.nobody.at(-1)?.grants ?? []) : [];
  expect(more).toEqual(['ALTER ROLE backups BYPASSRLS']);
  await asSuperuser(more.join(';'));
  expect(await preflight(withAccount('backups'))).toMatchObject({ level: 'pass' });
  expect(await dump(withAccount('backups'))).toMatchObject({ kind: 'database' });
  await asSuperuser('ALTER ROLE backups NOBYPASSRLS');
});

test("Kong's role can read everything: it dumps, whoever is database.admin", async () => {
  await asSuperuser(`${ofOther}; GRANT USAGE ON SCHEMA extra TO kong; GRANT SELECT ON ALL TABLES IN SCHEMA extra TO kong;
    GRANT SELECT ON ALL SEQUENCES IN SCHEMA extra TO kong`);
  expect(await preflight(withAccount('no_such_role'))).toMatchObject({
    level: 'pass',
    message: 'kong can read everything in the database.',
  });
  expect(await dump(withAccount('no_such_role'))).toMatchObject({ kind: 'database' });
});
