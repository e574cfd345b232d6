import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import type { BackupRef, StoredObject } from '../../src/domain/backup.ts';
import { scratchName } from '../../src/adapters/postgres/scratch.ts';
import type { DatabaseRef, Encrypt } from '../../src/domain/plan/index.ts';
import { CONTENT, fingerprints, freeze, PASSWORD, sql, upgrade, withoutAdmin } from '../freeze/fixture.ts';
import {
  backupActivities,
  connect,
  lock,
  makeLarge,
  realDeps,
  scratch,
  startServers,
  store,
  type Servers,
} from './fixture.ts';

let servers: Servers;
let database: DatabaseRef;
const backup = backupActivities();
let run = 0;
let me = upgrade();

beforeAll(async () => void (servers = await startServers()));
afterAll(() => servers.stop());
beforeEach(async () => {
  me = upgrade(`run-${(run += 1)}`);
  database = await servers.kong.database('3.6.1');
  await sql(database, CONTENT);
});

const dump = (how: { encrypt?: Encrypt; leaveOut?: string[] } = {}) =>
  backup.dumpDatabase({ database, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [], ...how });
const fingerprint = async () => (await fingerprints.compute(database)).whole;
const seal = async (objects: readonly StoredObject[], how: { encrypt?: Encrypt } = {}): Promise<BackupRef> =>
  backup.sealBackup({
    ...{ s3: servers.ref, upgrade: me, label: 'before', objects, versions: { x: '3.6.1' }, startedAt: me.startedAt },
    fingerprint: await fingerprint(),
    ...how,
  });
const drill = (ref: BackupRef, how: { encrypt?: Encrypt; on?: DatabaseRef } = {}) =>
  backup.drillRestore({ database, s3: servers.ref, upgrade: me, backup: ref, ...how });
/** Objects of the S3 server are files. */
const fileOf = (key: string) => join(servers.kong.dir, 's3/objects/backups', key);
const inScratch = async <T>({ manifestKey }: BackupRef, use: (copy: DatabaseRef) => Promise<T>) =>
  realDeps.restore.inScratch(
    { s3: servers.ref },
    await readManifest(store, servers.ref, manifestKey),
    { on: database, manifestKey, purpose: 'test' },
    { signal: new AbortController().signal },
    use,
  );
const scratchNames = async () =>
  (
    await servers.kong.postgres.query(
      "SELECT datname FROM pg_database WHERE datname LIKE 'crossfade_scratch%'",
      'postgres',
    )
  ).map((row) => row['datname']);

/** Restores what a command gives into a new database, as Kong's own role. */
async function byHand(name: string, command: string): Promise<DatabaseRef> {
  const { host, port, binDir, createDatabase } = servers.kong.postgres;
  await createDatabase(name, 'kong');
  const typed = `${command} | "${join(binDir, 'pg_restore')}" --exit-on-error -d ${name} 2>&1`;
  const env = { PATH: process.env['PATH'], PGHOST: host, PGPORT: String(port), PGUSER: 'kong', PGPASSWORD: PASSWORD };
  expect(execFileSync('sh', ['-c', typed], { env, encoding: 'utf8' })).toBe('');
  return { ...database, name };
}

describe('a dump that was taken while frozen', () => {
  beforeEach(async () => void (await freeze.freezeConfiguration({ database, upgrade: me })));

  test('is stored, read back, listed and restored; row counts and fingerprint are equal; nothing is left', async () => {
    await freeze.takeBaseline({ database, upgrade: me, label: 'freeze' });
    const object = await dump();
    expect(object).toMatchObject({
      kind: 'database',
      source: database.name,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    expect(object.key).toBe(`crossfade/payments/2026-01-01T00-00-00-000Z_${me.runId}/before/database.dump.zst`);
    expect(object.packing).toEqual(['zstd']);
    expect(object.content).toBeGreaterThan(object.size);
    const sealed = await seal([object]);
    expect(sealed).toMatchObject({ verified: true, restored: false, encrypted: false, bytes: object.size, objects: 1 });
    expect(await drill(sealed)).toEqual({ ...sealed, restored: true });
    expect(await scratchNames()).toEqual([]);
    const manifest = JSON.parse(readFileSync(fileOf(sealed.manifestKey), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({
      format: 1,
      cluster: 'payments',
      label: 'before',
      versions: { x: '3.6.1' },
      objects: [object],
      database: {
        fingerprint: await fingerprint(),
        server: expect.stringMatching(/^\d+\.\d+/) as string,
        program: expect.stringMatching(/^pg_dump \(PostgreSQL\)/) as string,
        rows: { 'public.services': 1, 'public.routes': 1, 'public.keyauth_credentials': 2 },
      },
    });
  });

  test('restores by hand, by any pg_restore, without an error, into a database that takes writes', async () => {
    const { key } = await dump();
    const restored = await byHand('by_hand', `zstd -d < "${fileOf(key)}"`);
    await sql(restored, "UPDATE services SET name = 'written'; DELETE FROM routes; TRUNCATE consumers CASCADE");
    await freeze.proveWritable({ database: restored });
    expect(
      await sql(
        restored,
        "SELECT relname FROM pg_class WHERE relnamespace = 'crossfade'::regnamespace AND relkind = 'r'",
      ),
    ).toEqual([]);
    await freeze.thawConfiguration({ database: withoutAdmin(restored), upgrade: me });
    expect(await sql(restored, "SELECT FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
  });

  test('our own restore leaves no trace of the guard', async () => {
    const sealed = await seal([await dump()]);
    await inScratch(sealed, async (restored) => {
      expect(await sql(restored, "SELECT FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
      expect(await sql(restored, "SELECT FROM pg_namespace WHERE nspname = 'crossfade'")).toEqual([]);
      await sql(restored, "UPDATE services SET name = 'written'");
    });
    expect(await scratchNames()).toEqual([]);
  });
});

test('again, after a crash at any point, gives one valid backup under the same keys', async () => {
  const first = await dump();
  const second = await dump();
  expect(second.key).toBe(first.key);
  const sealed = await seal([second]);
  expect(await seal([second])).toMatchObject({ manifestKey: sealed.manifestKey });
});

test(
  'a dump in many parts; counters that nodes write meanwhile do not disturb the drill',
  { timeout: 180_000 },
  async () => {
    await makeLarge(database, 80);
    const counting = { on: true };
    const writer = (async () => {
      while (counting.on)
        await sql(
          database,
          "INSERT INTO ratelimiting_metrics (identifier, period, period_date, service_id, route_id, value) VALUES (gen_random_uuid(), 'minute', now(), gen_random_uuid(), gen_random_uuid(), 1)",
        );
    })();
    const object = await dump();
    counting.on = false;
    await writer;
    expect(object.size).toBeGreaterThan(16 * 1024 * 1024);
    expect(await drill(await seal([object]))).toMatchObject({ restored: true });
  },
);

test('one flipped byte is found by the seal and by the drill, which leaves no scratch database', async () => {
  const object = await dump();
  const sealed = await seal([object]);
  const bytes = readFileSync(fileOf(object.key));
  bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
  writeFileSync(fileOf(object.key), bytes);
  const damaged = { code: 'BackupDamaged', message: expect.stringContaining(object.key) as string };
  await expect(seal([object])).rejects.toMatchObject(damaged);
  await expect(drill(sealed)).rejects.toMatchObject(damaged);
  expect(await scratchNames()).toEqual([]);
});

test('a dump of another configuration than the baseline is not sealed', async () => {
  const object = await dump();
  await sql(database, "UPDATE services SET name = 'changed after the dump'");
  await expect(seal([object])).rejects.toMatchObject({ code: 'BackupOfAnotherState' });
});

test('a restored database that differs is told by table', async () => {
  const object = await dump();
  const sealed = await seal([object]);
  const lying = backupActivities({
    restore: {
      ...realDeps.restore,
      inScratch: (from, manifest, scratch, how, use) =>
        realDeps.restore.inScratch(from, manifest, scratch, how, async (copy) => {
          await sql(copy, 'DELETE FROM plugins');
          return use(copy);
        }),
    },
  });
  await expect(lying.drillRestore({ database, s3: servers.ref, upgrade: me, backup: sealed })).rejects.toMatchObject({
    code: 'RestoreDiffers',
    message: expect.stringMatching(/public\.plugins had 1 and has 0.*fingerprint/) as string,
  });
  expect(await scratchNames()).toEqual([]);
});

describe('encrypted with age', () => {
  test('with an identity: listed, restored; and people open it with what they know', async () => {
    const identity = await generateX25519Identity();
    const file = join(servers.kong.dir, `key-${run}`);
    writeFileSync(file, `# of the tests\n${identity}\n`);
    const encrypt = { recipients: [await identityToRecipient(identity)], identity: { file } };
    const object = await dump({ encrypt });
    expect(object.key).toMatch(/\/database\.dump\.zst\.age$/);
    const sealed = await seal([object], { encrypt });
    expect(sealed).toMatchObject({ encrypted: true, verified: true });
    expect(sealed.notListed).toBeUndefined();
    expect(await drill(sealed, { encrypt })).toMatchObject({ restored: true });
    const restored = await byHand('by_hand_with_age', `age -d -i "${file}" "${fileOf(object.key)}" | zstd -d`);
    const { database: facts } = await readManifest(store, servers.ref, sealed.manifestKey);
    await realDeps.comparison.requireEqual(restored, facts!);
  });

  test('without one: what was stored is there, and that nobody looked into it is said', async () => {
    const encrypt = { recipients: [await identityToRecipient(await generateX25519Identity())] };
    const object = await dump({ encrypt });
    const sealed = await seal([object], { encrypt });
    const why = expect.stringContaining('no `backup.encrypt.identity`') as string;
    expect(sealed).toMatchObject({ encrypted: true, verified: true, notListed: why });
    expect(await readManifest(store, servers.ref, sealed.manifestKey)).toMatchObject({
      ...{ recipients: encrypt.recipients, notListed: why },
    });
    expect(await drill(sealed, { encrypt })).toMatchObject({ restored: false, notRestored: why });
    writeFileSync(fileOf(object.key), 'something else');
    await expect(seal([object], { encrypt })).rejects.toMatchObject({ code: 'BackupDamaged' });
  });
});

describe('tables that are left out', () => {
  const count = (table: string) =>
    sql(
      database,
      `INSERT INTO ${table} (identifier, period, period_date, service_id, route_id, value)
      SELECT gen_random_uuid(), 'minute', now(), gen_random_uuid(), gen_random_uuid(), n FROM generate_series(1, 500) n`,
    );

  test('are there, empty, and the manifest says so', async () => {
    await count('ratelimiting_metrics');
    const whole = await dump();
    const object = await dump({ leaveOut: ['ratelimiting_metrics'] });
    expect(object.content).toBeLessThan(whole.content);
    const sealed = await seal([object]);
    const { database: facts } = await readManifest(store, servers.ref, sealed.manifestKey);
    expect(facts?.leftOut).toEqual(['public.ratelimiting_metrics']);
    expect(facts?.rows['public.ratelimiting_metrics']).toBe(0);
    expect(await drill(sealed)).toMatchObject({ restored: true });
  });

  test('must be there, and hold nothing but counters: else nothing is dumped', async () => {
    await expect(dump({ leaveOut: ['consumers', 'no_such_table', 'ratelimiting_metrics'] })).rejects.toMatchObject({
      code: 'TableNotLeftOut',
      message: expect.stringMatching(/no table no_such_table; consumers holds more than counters/) as string,
    });
    expect(existsSync(fileOf(`crossfade/payments/2026-01-01T00-00-00-000Z_${me.runId}`))).toBe(false);
  });
});

test('a drill on another server, which is kept as an object beside the manifest', async () => {
  const other = await startServers();
  try {
    const on = { ...(await other.kong.database('3.6.1')), name: 'postgres' };
    const sealed = await seal([await dump()]);
    expect(await drill(sealed, { on })).toMatchObject({ restored: true });
    const drilled = JSON.parse(
      readFileSync(fileOf(sealed.manifestKey.replace('manifest', 'drill')), 'utf8'),
    ) as unknown;
    expect(drilled).toMatchObject({ on: `${on.host}:${on.port}`, fingerprint: await fingerprint() });
    const left = "SELECT FROM pg_database WHERE datname LIKE 'crossfade%'";
    expect(await other.kong.postgres.query(left, 'postgres')).toEqual([]);
  } finally {
    await other.stop();
  }
});

describe('a scratch database that a crash left', () => {
  const leave = (name: string) => servers.kong.postgres.createDatabase(name, 'kong');

  test('is dropped by the next attempt, whoever is still connected to it', async () => {
    const sealed = await seal([await dump()]);
    const name = scratchName('drill', sealed.manifestKey);
    await leave(name);
    const left = await connect({ ...database, name });
    expect(await drill(sealed)).toMatchObject({ restored: true });
    await expect(left.query('SELECT 1')).rejects.toThrow();
    expect(await scratchNames()).toEqual([]);
  });

  test('is dropped by a later upgrade when nobody uses it; one that is in use stays', async () => {
    await leave('crossfade_scratch_drill_of_the_dead');
    const sealed = await seal([await dump()]);
    await inScratch(sealed, async () => {
      me = upgrade(`run-${(run += 1)}`);
      expect(await drill(await seal([await dump()]))).toMatchObject({ restored: true });
      expect(await scratchNames()).toEqual([scratchName('test', sealed.manifestKey)]);
    });
    expect(await scratchNames()).toEqual([]);
  });
});

test('nobody may create a scratch database: the backup counts, and says that it was not restored and why', async () => {
  const sealed = await seal([await dump()]);
  database = withoutAdmin(database);
  expect(await drill(sealed)).toMatchObject({
    verified: true,
    restored: false,
    notRestored: expect.stringContaining('role kong may not create') as string,
  });
});

test('only scratch databases are ever dropped', async () => {
  const never = scratch.use(database, database.name, 'UTF8', () => Promise.reject(new Error('it was made')));
  await expect(never).rejects.toThrow('not the name of a scratch database');
});

test('never beside a migration', async () => {
  await lock.hold(database, 'payments', async () => {
    await expect(dump()).rejects.toMatchObject({ code: 'MigrationLockHeld' });
  });
});

test('names with quotes and letters of all kinds, bytes, an empty table', async () => {
  await sql(
    database,
    `CREATE TABLE "Größe ""quoted"" 表" (id int, "ä'b" bytea); INSERT INTO "Größe ""quoted"" 表" SELECT 1, decode(repeat('00ff', 100000), 'hex');
     CREATE TABLE empty_one ()`,
  );
  expect(await drill(await seal([await dump()]))).toMatchObject({ restored: true });
});
