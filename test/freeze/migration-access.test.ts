import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { nodeAt, runner, sideOf } from '../kong-adapter/fixture.ts';
import {
  access,
  asKong,
  CONTENT,
  freeze,
  guard,
  migratorRole,
  session,
  sql,
  startKongDatabases,
  upgrade,
  withAdmin,
  withoutAdmin,
  type Kong,
} from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
const me = upgrade();

beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());
beforeEach(async () => {
  database = withAdmin(await kong.database('3.6.1'));
  await sql(database, CONTENT);
});

const MIGRATION = `UPDATE services SET name = 'migrated'; CREATE TABLE made_by_up (id uuid PRIMARY KEY, tags text[]);
  ALTER TABLE plugins ADD COLUMN made_by_up text`;

/** What `kong migrations` would do with the environment that it is given. */
const migrate = async (env: Readonly<Record<string, string>>) => {
  const client = await session(kong, database, {
    user: env['KONG_PG_USER'] ?? asKong.user,
    password: env['KONG_PG_PASSWORD'] ?? asKong.password,
  });
  try {
    await client.query(MIGRATION);
    return (await client.query<{ timeout: string }>('SELECT current_setting($1) AS timeout', ['lock_timeout'])).rows[0];
  } finally {
    await client.end();
  }
};

describe('with an administrator', () => {
  beforeEach(async () => {
    const { migratorRole: role } = await freeze.freezeConfiguration({ database, upgrade: me });
    expect(role).toMatch(/^crossfade_migrator_\d+$/);
  });

  test('a migration passes as its own role; what it makes is the owner of the rest', async () => {
    expect(await access.run(database, me, ({ env }) => migrate(env))).toEqual({ timeout: '300ms' });
    expect(await sql(database, "SELECT tableowner FROM pg_tables WHERE tablename = 'made_by_up'")).toEqual([
      { tableowner: 'kong' },
    ]);
    expect((await guard.read(database)).frozen).toBe(false);
    await freeze.takeBaseline({ database, upgrade: me, label: 'up' });
    expect(await guard.read(database)).toMatchObject({ frozen: true, unknownTables: ['made_by_up'] });
    await expect(sql(database, 'DELETE FROM services')).rejects.toMatchObject({ code: 'CF001' });
  });

  test('a migration may change the column by which rows expire', async () => {
    await access.run(database, me, async ({ env }) => {
      const login = { user: env['KONG_PG_USER'] ?? '', password: env['KONG_PG_PASSWORD'] ?? '' };
      const client = await session(kong, database, login);
      await client.query('ALTER TABLE keyauth_credentials ALTER COLUMN ttl TYPE timestamptz(0)');
      await client.end();
    });
    await expect(sql(database, 'DELETE FROM keyauth_credentials')).rejects.toMatchObject({ code: 'CF001' });
  });

  test("Kong's own up and finish, 3.4.2 to 3.9.1, under the guard", async () => {
    const old = withAdmin(await kong.database('3.4.2'));
    await sql(old, CONTENT);
    await sql(
      old,
      `INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key) SELECT '00000000-0000-4000-8000-000000000007',
        'rate-limiting', '{"policy": "redis", "redis_host": "cache", "redis_port": 6379}', true, id, 'k2' FROM workspaces`,
    );
    await freeze.freezeConfiguration({ database: old, upgrade: me });
    await freeze.takeBaseline({ database: old, upgrade: me, label: 'freeze' });
    const run = (command: string) =>
      access.run(old, me, async ({ env }) => {
        const { exitCode, stdout, stderr } = await runner(
          sideOf('3.9.1', [nodeAt('y1', '/nowhere', [1, 2, 3])], env),
          old,
        ).kong(['migrations', command, '--db-timeout', '60', '--lock-timeout', '60'], { timeoutMs: 60_000 });
        expect([exitCode, stderr]).toEqual([0, '']);
        return stdout;
      });
    expect(await run('up')).toContain("run 'kong migrations finish' when ready");
    const { changes } = await freeze.checkDrift({ database: old, upgrade: me });
    expect(changes.find(({ id }) => id.endsWith('7'))).toMatchObject({ table: 'plugins', fields: ['config.redis'] });
    await freeze.takeBaseline({ database: old, upgrade: me, label: 'up' });
    expect((await freeze.checkDrift({ database: old, upgrade: me })).total).toBe(0);
    await run('finish');
    expect((await freeze.checkDrift({ database: old, upgrade: me })).changes).toContainEqual({
      ...{ table: 'plugins', id: '00000000-0000-4000-8000-000000000007', name: 'rate-limiting', change: 'changed' },
      fields: ['config.redis_host', 'config.redis_port'],
    });
    expect(await sql(old, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")).toEqual([
      { tableowner: 'kong' },
    ]);
    await expect(sql(old, 'DELETE FROM services')).rejects.toMatchObject({ code: 'CF001' });
  });

  test('nobody else passes meanwhile, and the password is good for nothing afterwards', async () => {
    const left = await access.run(database, me, async ({ env }) => {
      await expect(sql(database, 'DELETE FROM services')).rejects.toMatchObject({ code: 'CF001' });
      return env;
    });
    await expect(migrate(left)).rejects.toMatchObject({ code: expect.stringMatching(/^28/) as string });
    const other = await access.run(database, me, ({ env }) => Promise.resolve(env['KONG_PG_PASSWORD']));
    expect(other).not.toBe(left['KONG_PG_PASSWORD']);
  });

  test('the account is locked when the command throws', async () => {
    await expect(access.run(database, me, () => Promise.reject(new Error('up failed')))).rejects.toThrow('up failed');
    const [row] = await sql(
      database,
      "SELECT rolcanlogin FROM pg_roles WHERE rolname LIKE 'crossfade_migrator%' || (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    expect(row).toEqual({ rolcanlogin: false });
  });

  test('a session that an earlier command left keeps the next one out', async () => {
    const { user, password } = await migratorRole.open(database);
    const left = await session(kong, database, { user, password });
    await expect(access.run(database, me, () => Promise.resolve())).rejects.toMatchObject({
      code: 'MigratorStillAtWork',
    });
    await left.end();
    await expect.poll(() => access.run(database, me, () => Promise.resolve('in'))).toBe('in');
  });

  test('an account that was opened anew is not locked by whoever had opened it before', async () => {
    const [first, second] = [await migratorRole.open(database), await migratorRole.open(database)];
    await first.close();
    const login = { user: second.user, password: second.password };
    await (await session(kong, database, login)).end();
    await second.close();
    await expect(session(kong, database, login)).rejects.toThrow();
  });

  test('the role is gone after the thaw', async () => {
    expect((await freeze.thawConfiguration({ database, upgrade: me })).migratorRole).toBeUndefined();
  });

  test('rights that somebody gave the role do not keep it from being removed', async () => {
    const role = await migratorRole.prepare(database);
    await kong.postgres.query(`GRANT SELECT ON services TO "${role}"`, database.name);
    expect(await migratorRole.remove(database)).toBeUndefined();
    expect((await freeze.readFreeze({ database })).migratorRole).toBeUndefined();
  });

  test.each([
    ['Crossfade did not make it', (role: string) => [`DROP ROLE "${role}"`, `CREATE ROLE "${role}" NOLOGIN`]],
    ['rights beyond', (role: string) => [`ALTER ROLE "${role}" SUPERUSER`]],
    ['limited its connections', (role: string) => [`ALTER ROLE "${role}" CONNECTION LIMIT 0`]],
  ])('a role of that name is given no log-on: %s', async (why, change) => {
    const role = await migratorRole.prepare(database);
    for (const statement of change(role)) await kong.postgres.query(statement, 'postgres');
    await expect(migratorRole.open(database)).rejects.toMatchObject({
      code: 'MigratorRoleTaken',
      message: expect.stringContaining(why) as string,
    });
    const [row] = await sql(database, `SELECT rolcanlogin FROM pg_roles WHERE rolname = '${role}'`);
    expect(row).toEqual({ rolcanlogin: false });
    await kong.postgres.query(`DROP ROLE "${role}"`, 'postgres');
  });

  test('the server does not log the password', async () => {
    await kong.postgres.query("ALTER SYSTEM SET log_statement = 'all'", 'postgres');
    await kong.postgres.query('SELECT pg_reload_conf()', 'postgres');
    const password = await access.run(database, me, async ({ env }) => {
      await expect.poll(() => kong.postgres.process.log()).toContain('SCRAM-SHA-256$4096');
      return env['KONG_PG_PASSWORD'] ?? '';
    });
    expect(password.length).toBeGreaterThan(20);
    expect(kong.postgres.process.log()).not.toContain(password);
    await kong.postgres.query('ALTER SYSTEM RESET log_statement', 'postgres');
    await kong.postgres.query('SELECT pg_reload_conf()', 'postgres');
  });

  test('a server that stores md5', async () => {
    await kong.postgres.query(`ALTER ROLE postgres SET password_encryption = 'md5'`, 'postgres');
    // pg_hba.conf of this server asks for SCRAM, which an md5 entry can not answer; what is stored is what matters here.
    const { user, close } = await migratorRole.open(database);
    const [row] = await kong.postgres.query(`SELECT rolpassword FROM pg_authid WHERE rolname = '${user}'`, 'postgres');
    expect(row?.['rolpassword']).toMatch(/^md5[0-9a-f]{32}$/);
    await close();
    await kong.postgres.query('ALTER ROLE postgres RESET password_encryption', 'postgres');
  });
});

describe('without an administrator', () => {
  beforeEach(async () => {
    database = withoutAdmin(database);
    expect((await freeze.freezeConfiguration({ database, upgrade: me })).migratorRole).toBeUndefined();
  });

  test('the guard is open for just the command, and guards what it made', async () => {
    await access.run(database, me, async ({ env, protect }) => {
      await expect(migrate(env)).rejects.toMatchObject({ code: 'CF001' });
      expect(await protect(() => migrate(env))).toEqual({ result: { timeout: '0' }, cancelled: 0 });
    });
    expect(await guard.read(database)).toMatchObject({ frozen: true, unknownTables: ['made_by_up'] });
    await expect(sql(database, 'DELETE FROM services')).rejects.toMatchObject({ code: 'CF001' });
  });

  test('a worker that died while it was open: the state says so, and the next baseline closes it', async () => {
    await guard.open(database, me);
    expect((await guard.read(database)).frozen).toBe(false);
    await freeze.takeBaseline({ database, upgrade: me, label: 'up' });
    expect((await guard.read(database)).frozen).toBe(true);
    await guard.open(database, me);
    await freeze.thawConfiguration({ database, upgrade: me });
    expect(await guard.read(database)).toMatchObject({ frozen: false, guardedTables: 0 });
  });
});
