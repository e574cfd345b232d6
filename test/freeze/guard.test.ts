import { beforeEach, describe, expect, test } from 'vitest';
import type { FreezeState } from '../../src/domain/configuration.ts';
import { asKong, freeze, guard, session, sql, upgrade, withAdmin } from './fixture.ts';
import { me, setUp } from './setup.ts';

const here = setUp();
const thawed: FreezeState = {
  frozen: false,
  guardedTables: 0,
  unknownTables: [],
  unguardedTables: [],
  nodeWriters: [],
};
const another = { ...upgrade('run-2'), cluster: 'orders', workflowId: 'kong/orders' };

describe('frozen', () => {
  beforeEach(() => freeze.freezeConfiguration(here.mine));

  test.each([
    "UPDATE services SET name = 'x'",
    'UPDATE services SET name = name WHERE false',
    'DELETE FROM routes',
    'INSERT INTO consumers (id) VALUES (gen_random_uuid())',
    'TRUNCATE plugins CASCADE',
    'INSERT INTO keyauth_credentials (id) VALUES (gen_random_uuid())',
    'UPDATE tags SET tags = NULL',
  ])('refuses: %s', async (statement) => {
    await expect(here.sql(statement)).rejects.toMatchObject({
      code: 'CF001',
      message: expect.stringMatching(
        /^The configuration of Kong cluster "payments" is frozen since \d{4}-\d\d-\d\d \d\d:\d\d UTC for the upgrade kong\/payments \(run run-1\): \w+ on \w+ was refused\. Writes work again when/,
      ) as string,
    });
  });

  test('leaves what nodes write alone', async () => {
    await here.sql(
      `INSERT INTO cluster_events (id, node_id, at, expire_at) VALUES (gen_random_uuid(), gen_random_uuid(), now(), now());
       INSERT INTO ratelimiting_metrics (identifier, period, period_date, service_id, route_id, value)
         VALUES ('a', 'minute', now(), gen_random_uuid(), gen_random_uuid(), 1);
       INSERT INTO sessions (id) VALUES (gen_random_uuid());
       INSERT INTO locks (key) VALUES ('a'); DELETE FROM locks;
       INSERT INTO parameters (key, value, created_at) VALUES ('x', 'y', now())`,
    );
  });

  test('lets expired rows go, with their tags, and no others', async () => {
    const cleanUp = "DELETE FROM keyauth_credentials WHERE ttl < CURRENT_TIMESTAMP AT TIME ZONE 'UTC'";
    await here.sql(cleanUp);
    await expect(here.sql('DELETE FROM keyauth_credentials')).rejects.toMatchObject({ code: 'CF001' });
    await here.kong.postgres.query(
      `SET session_replication_role = replica; UPDATE keyauth_credentials SET ttl = now() - interval '1 second' WHERE ttl IS NOT NULL`,
      here.database.name,
    );
    await here.sql(cleanUp);
    expect(await here.sql('SELECT key FROM keyauth_credentials')).toEqual([{ key: 'key-that-stays' }]);
    expect(await here.sql("SELECT tags FROM tags WHERE entity_name = 'keyauth_credentials'")).toEqual([
      { tags: ['a'] },
    ]);
  });

  test('says who froze what since when', async () => {
    const state = await guard.read(here.database);
    expect(state).toMatchObject({
      frozen: true,
      cluster: 'payments',
      workflowId: 'kong/payments',
      runId: 'run-1',
      unknownTables: [],
    });
    expect(Date.now() - Date.parse(state.since ?? '')).toBeLessThan(60_000);
    expect(state.guardedTables).toBeGreaterThan(20);
    expect(state.migratorRole).toBeUndefined();
  });

  test('again changes nothing; another upgrade is told whose freeze it is, for freezing and for thawing', async () => {
    const before = await guard.read(here.database);
    expect(await freeze.freezeConfiguration(here.mine)).toEqual(before);
    const whose = {
      code: 'FrozenByAnother',
      message: expect.stringContaining('kong/payments of cluster "payments"') as string,
    };
    await expect(freeze.freezeConfiguration({ database: here.database, upgrade: another })).rejects.toMatchObject(
      whose,
    );
    await expect(freeze.thawConfiguration({ database: here.database, upgrade: another })).rejects.toMatchObject(whose);
    expect(await guard.read(here.database)).toEqual(before);
  });

  test('thaw lifts it, again and again; writes work; nothing of the guard is left', async () => {
    for (let time = 0; time < 2; time++) expect(await freeze.thawConfiguration(here.mine)).toEqual(thawed);
    await freeze.proveWritable(here.mine);
    await here.sql("UPDATE services SET name = 'new'");
    expect(await here.sql("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'crossfade%'")).toEqual([]);
    expect(await here.sql("SELECT proname FROM pg_proc WHERE pronamespace = 'crossfade'::regnamespace")).toEqual([]);
  });

  test('another run of the same cluster lifts exactly the freeze that it has found', async () => {
    const { database } = here;
    const later = upgrade('run-2');
    const refused = { code: 'FrozenByAnother' };
    const before = await guard.read(database);
    await expect(freeze.thawConfiguration({ database, upgrade: later })).rejects.toMatchObject(refused);
    await expect(freeze.thawConfiguration({ database, upgrade: later, found: 'run-0' })).rejects.toMatchObject(refused);
    await expect(freeze.thawConfiguration({ database, upgrade: another, found: 'run-1' })).rejects.toMatchObject(
      refused,
    );
    expect(await guard.read(database)).toEqual(before);
    await freeze.thawConfiguration({ database, upgrade: later, found: 'run-1' });
    expect((await guard.read(database)).frozen).toBe(false);
  });

  test('a trigger that was disabled or dropped is seen, and freezing again mends it', async () => {
    await here.sql('ALTER TABLE services DISABLE TRIGGER crossfade_guard; DROP TRIGGER crossfade_guard ON routes');
    expect((await guard.read(here.database)).frozen).toBe(false);
    await freeze.freezeConfiguration(here.mine);
    await expect(here.sql('DELETE FROM routes')).rejects.toMatchObject({ code: 'CF001' });
    await expect(here.sql('DELETE FROM services')).rejects.toMatchObject({ code: 'CF001' });
  });

  test('the proof does not believe in triggers that are there', async () => {
    await here.kong.postgres.query(
      `ALTER ROLE kong IN DATABASE ${here.database.name} SET session_replication_role = replica`,
      'postgres',
    );
    await expect(freeze.freezeConfiguration(here.mine)).rejects.toMatchObject({
      code: 'GuardNotProved',
      message: expect.stringContaining('services') as string,
    });
    await here.kong.postgres.query(
      `ALTER ROLE kong IN DATABASE ${here.database.name} RESET session_replication_role`,
      'postgres',
    );
  });

  test('a copy of the frozen database is not frozen', async () => {
    await here.kong.postgres.query(
      `CREATE DATABASE ${here.database.name}_copy TEMPLATE ${here.database.name} OWNER kong`,
      'postgres',
    );
    await sql({ ...here.database, name: `${here.database.name}_copy` }, "UPDATE services SET name = 'in the copy'");
  });

  test('a transaction that began before the freeze is refused too', async () => {
    await freeze.thawConfiguration(here.mine);
    const old = await session(here.kong, here.database, asKong);
    await old.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await old.query('SELECT FROM services');
    await freeze.freezeConfiguration(here.mine);
    await expect(old.query('DELETE FROM routes')).rejects.toMatchObject({ code: 'CF001' });
    await old.end();
  });
});

test('waits for a writer that is at work, and lets readers pass', async () => {
  const writer = await session(here.kong, here.database, asKong);
  await writer.query("BEGIN; UPDATE services SET name = 'last'");
  const freezing = freeze.freezeConfiguration(here.mine);
  await here.sql('SELECT FROM services');
  await writer.query('COMMIT');
  expect((await freezing).frozen).toBe(true);
  expect(await here.sql('SELECT name FROM services')).toEqual([{ name: 'last' }]);
  await writer.end();
});

test('thaw works while somebody reads for long; the triggers go when the reader has gone', async () => {
  await freeze.freezeConfiguration(here.mine);
  const reader = await session(here.kong, here.database, asKong);
  await reader.query('BEGIN; SELECT FROM services');
  const thawing = freeze.thawConfiguration(here.mine);
  await expect.poll(async () => (await guard.read(here.database)).frozen).toBe(false);
  await here.sql("UPDATE routes SET name = 'written'");
  await reader.query('COMMIT');
  expect((await thawing).guardedTables).toBe(0);
  await reader.end();
});

test('a reader that stays: the thaw is done, with a remark; the triggers that are left harm nobody, and go later', async () => {
  await freeze.freezeConfiguration(here.mine);
  const reader = await session(here.kong, here.database, asKong);
  await reader.query("SET application_name = 'report'; BEGIN; SELECT FROM services");
  const { frozen, runId, leftover } = await freeze.thawConfiguration(here.mine);
  expect({ frozen, runId }).toEqual({ frozen: false, runId: undefined });
  expect(leftover).toMatch(
    /Writes work again.*: triggers on services\. Why: .*Held by: pid \d+, user kong, application report.* on services/,
  );
  await here.sql("UPDATE services SET name = 'written'");
  expect(
    await here.sql("SELECT DISTINCT tgrelid::regclass::text AS t FROM pg_trigger WHERE tgname LIKE 'crossfade%'"),
  ).toEqual([{ t: 'services' }]);

  await freeze.freezeConfiguration({ database: here.database, upgrade: upgrade('run-2') }).catch((error: unknown) => {
    throw new Error('a later upgrade can not freeze', { cause: error });
  });
  await expect(here.sql("UPDATE services SET name = 'refused'")).rejects.toMatchObject({ code: 'CF001' });
  await reader.query('COMMIT');
  await reader.end();
  expect(await freeze.thawConfiguration({ database: here.database, upgrade: upgrade('run-2') })).toEqual(thawed);
});

test('who holds the advisory lock of Crossfade is named', async () => {
  await freeze.freezeConfiguration(here.mine);
  const holder = await session(here.kong, here.database, asKong);
  await holder.query(`SET application_name = 'holder'; SELECT pg_advisory_lock(${0x43_46}, 0)`);
  const { leftover } = await freeze.thawConfiguration(here.mine);
  expect(leftover).toMatch(/application holder, idle, on the advisory lock of Crossfade/);
  await here.sql("UPDATE services SET name = 'written'");
  await holder.end();
  expect(await freeze.thawConfiguration(here.mine)).toEqual(thawed);
});

test('tables that are not on the list: guarded when they look like configuration, and named', async () => {
  await here.sql(
    `CREATE TABLE my_credentials (id uuid PRIMARY KEY, ws_id uuid, created_at timestamptz, secret text);
     CREATE TABLE my_counters (key text PRIMARY KEY, n int);
     CREATE TABLE my_tokens (id uuid PRIMARY KEY, created_at timestamptz, ttl timestamptz)`,
  );
  expect(await freeze.freezeConfiguration(here.mine)).toMatchObject({
    unknownTables: ['my_credentials'],
    unguardedTables: ['my_counters', 'my_tokens'],
  });
  await expect(here.sql('DELETE FROM my_credentials')).rejects.toMatchObject({ code: 'CF001' });
  await here.sql('DELETE FROM my_counters; DELETE FROM my_tokens');
});

test('a thaw that stopped half-way is completed by the next one', async () => {
  await freeze.freezeConfiguration(here.mine);
  await here.sql('DELETE FROM crossfade.freeze; DROP TRIGGER crossfade_guard ON services');
  expect(await freeze.thawConfiguration(here.mine)).toMatchObject({ frozen: false, guardedTables: 0 });
});

test('a thaw where nothing ever was', async () => {
  expect(await freeze.thawConfiguration(here.mine)).toEqual(thawed);
});

test("a database that is not Kong's", async () => {
  await here.kong.postgres.createDatabase('empty', 'kong');
  await expect(
    freeze.freezeConfiguration({ database: { ...here.database, name: 'empty' }, upgrade: me }),
  ).rejects.toMatchObject({
    code: 'NotKongDatabase',
  });
});

test('without the right to create a schema: the statement that grants it; with an administrator: done', async () => {
  await here.kong.postgres.query(`ALTER DATABASE ${here.database.name} OWNER TO postgres`, 'postgres');
  await expect(freeze.freezeConfiguration(here.mine)).rejects.toMatchObject({
    code: 'DatabaseNotPermitted',
    message: expect.stringContaining(`GRANT CREATE ON DATABASE "${here.database.name}" TO "kong"`) as string,
  });
  expect((await freeze.freezeConfiguration({ database: withAdmin(here.database), upgrade: me })).frozen).toBe(true);
  await freeze.thawConfiguration({ database: withAdmin(here.database), upgrade: me });
});

test('user commands: in order, the failing one with its text', async () => {
  await freeze.runUserCommands({ commands: [['true'], ['true']], purpose: 'stops updates' });
  await expect(
    freeze.runUserCommands({ commands: [['sh', '-c', 'echo no luck; exit 3']], purpose: 'stops updates' }),
  ).rejects.toMatchObject({
    code: 'UserCommandFailed',
    message: expect.stringMatching(/stops updates.*code 3.*no luck/) as string,
  });
});
