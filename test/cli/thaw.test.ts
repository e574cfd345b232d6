import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { freezeByHand } from '../../src/cli/thaw.ts';
import {
  access,
  asKong,
  CONTENT,
  freeze,
  guard,
  migratorRole,
  PASSWORD,
  seals,
  session,
  sql,
  startKongDatabases,
  upgrade,
  withAdmin,
  withoutAdmin,
  type Kong,
} from '../freeze/fixture.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { namedDatabase } from '../../src/cli/database.ts';
import { bootstrapIn } from '../kong-adapter/schemas.ts';
import { crossfade, type Ran } from './crossfade.ts';

const dir = mkdtempSync(join(tmpdir(), 'crossfade-thaw-'));
const me = upgrade();
let kong: Kong;
let database: DatabaseRef;

beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(async () => {
  await kong.stop();
  rmSync(dir, { recursive: true });
});
beforeEach(async () => {
  database = withoutAdmin(await kong.database('3.6.1'));
  await sql(database, CONTENT);
});

/** What `psql` would need; nothing of Temporal. */
const variables = (changes: Record<string, string> = {}): Record<string, string> => ({
  PGHOST: database.host,
  PGPORT: String(database.port),
  PGDATABASE: database.name,
  PGUSER: 'kong',
  PGPASSWORD: PASSWORD,
  // No server answers there: nobody may need one.
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  ...changes,
});

const run = (args: readonly string[], changes?: Record<string, string>): Promise<Ran> =>
  crossfade(args, { env: variables(changes) });
const status = () => run(['freeze', '--status']);
const thaw = (...more: string[]) => run(['thaw', '--yes', '--by', 'ann', ...more]);

function planFile(name: string, changes: Parameters<typeof testPlan>[1] & { cluster?: string } = {}): string {
  const { cluster = 'payments', ...rest } = changes;
  const file = join(dir, name);
  writeFileSync(file, stringify(testPlan(cluster, { database, ...rest })));
  return file;
}
const withPlan = (args: readonly string[]) =>
  crossfade(args, {
    env: { KONG_DB_PASSWORD: PASSWORD, ADMIN_PASSWORD: 'postgres', TEMPORAL_ADDRESS: '127.0.0.1:1' },
  });

/** Everything of the guard that is in the database. */
const left = async (): Promise<unknown> =>
  (
    await kong.postgres.query(
      `SELECT (SELECT count(*)::int FROM pg_trigger WHERE tgname LIKE 'crossfade%') AS triggers,
              to_regprocedure('crossfade.guard()') IS NULL AS no_function`,
      database.name,
    )
  )[0];
const NOTHING = { triggers: 0, no_function: true };
const write = () => sql(database, "UPDATE services SET tags = '{written}'");

test('not frozen: says so, twice, and ends with 0', async () => {
  for (const ran of [await status(), await thaw(), await thaw()]) {
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(ran.out).toContain(`${database.name} on 127.0.0.1:${database.port}: not frozen`);
  }
  expect((await thaw()).out).toContain('Nothing to lift.');
});

test('frozen: status shows by whom, since when and how many tables; thaw lifts it and proves it, and again is fine', async () => {
  const { since = '', guardedTables } = await freeze.freezeConfiguration({ database, upgrade: me });
  const shown = await status();
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toContain(': frozen\n');
  expect(shown.out).toContain('upgrade kong/payments, cluster "payments", run run-1');
  expect(shown.out).toContain(`${since.slice(0, 19).replace('T', ' ')} UTC`);
  expect(shown.out).toContain(`${guardedTables} of ${guardedTables} tables of configuration`);
  expect(shown.out).toContain('migrations  refused, like everything else');
  expect(shown.out).toContain('seal        none is open');
  expect(shown.out).not.toContain(PASSWORD);
  await expect(write()).rejects.toMatchObject({ code: 'CF001' });

  const lifted = await thaw();
  expect(lifted).toMatchObject({ code: 0, err: '' });
  expect(lifted.out).toContain('No migration of this upgrade has begun');
  expect(lifted.out).toContain('it finds out by itself');
  expect(lifted.out).toContain('Lifted by ann. Nothing of the guard is left');
  expect(await left()).toEqual(NOTHING);
  await write();

  const after = await status();
  expect(after.out).toContain(': not frozen');
  expect(after.out).toContain('`crossfade thaw` by ann at 2');
  expect(await thaw()).toMatchObject({ code: 0 });
});

test('without --yes and without a terminal nothing is changed', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  const ran = await run(['thaw']);
  expect(ran.code).toBe(2);
  expect(ran.err).toContain('--yes is needed where nobody can be asked');
  expect(ran.out).toContain('upgrade kong/payments');
  await expect(write()).rejects.toMatchObject({ code: 'CF001' });
});

test('a reader that stays: lifted all the same, with what is left; later it goes', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  const reader = await session(kong, database, asKong);
  await reader.query("SET application_name = 'report'; BEGIN; SELECT FROM services");
  const ran = await thaw();
  expect(ran.code).toBe(0);
  expect(ran.err).toMatch(/triggers on services\..*application report/s);
  expect(ran.out).toContain('Lifted by ann: in ');
  await write();
  const { out } = await status();
  expect(out).toContain(': not frozen; something of a guard is left\n');
  expect(out).toContain('triggers on 1 table: everything passes');
  expect(out).toContain('`crossfade thaw` by ann at 2');
  expect(out).not.toMatch(/not guarded|guarded {3}/);
  await reader.end();
  expect(await thaw()).toMatchObject({ code: 0, err: '' });
  expect(await left()).toEqual(NOTHING);
});

test('another freeze than the one that was shown is left as it is', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  const byHand = freezeByHand({ ...database, password: { env: 'KONG_DB_PASSWORD' } }, { KONG_DB_PASSWORD: PASSWORD });
  const shown = await byHand.read();
  await freeze.thawConfiguration({ database, upgrade: me });
  await freeze.freezeConfiguration({ database, upgrade: upgrade('run-2') });
  await expect(byHand.lift(shown, 'ann')).rejects.toMatchObject({ code: 'FrozenByAnother' });
  await expect(write()).rejects.toMatchObject({ code: 'CF001' });
  const after = await byHand.read();
  expect(after).toMatchObject({ frozen: true, runId: 'run-2' });
  expect(after.lastThaw).toBeUndefined();
});

describe('what is half there', () => {
  test.each([
    ['the freeze is released, and the triggers are still there', 'DELETE FROM crossfade.freeze'],
    ['a table has lost its trigger', 'DROP TRIGGER crossfade_guard ON services'],
    ['a trigger is disabled', 'ALTER TABLE routes DISABLE TRIGGER crossfade_guard'],
    ['the function is gone, with every trigger', 'DROP FUNCTION crossfade.guard() CASCADE'],
    ['only the function is left', 'DELETE FROM crossfade.freeze; DROP TRIGGER crossfade_guard ON services'],
  ])('%s', async (_, change) => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await kong.postgres.query(change, database.name);
    expect((await status()).out).toMatch(
      /: (frozen in part|frozen, and by whom is not written down any more.*|not frozen; something of a guard is left)\n/,
    );
    expect(await thaw()).toMatchObject({ code: 0, err: '' });
    expect(await left()).toEqual(NOTHING);
    await write();
    expect((await status()).out).toContain(': not frozen\n');
  });

  test('tables that are not guarded are named', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await kong.postgres.query('ALTER TABLE routes DISABLE TRIGGER crossfade_guard', database.name);
    expect((await status()).out).toContain('not guarded routes: ');
  });

  test('tables that Kong does not know are named', async () => {
    await sql(database, 'CREATE TABLE custom_things (id uuid PRIMARY KEY, tags text[])');
    await freeze.freezeConfiguration({ database, upgrade: me });
    expect((await status()).out).toContain('guarded for they look like configuration: custom_things');
  });
});

describe('at each point of an upgrade', () => {
  test('a migration command that is let pass, with the guard open', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await guard.open(database, me);
    expect((await status()).out).toContain(': frozen, but everything is let pass just now\n');
    const { out } = await thaw();
    expect(out).toContain('A migration command is let pass just now');
    expect(await left()).toEqual(NOTHING);
  });

  test('between `up` and `finish`', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await kong.postgres.query(
      "UPDATE schema_meta SET pending = '{017_x}' WHERE key = 'schema_meta' AND subsystem = 'core'",
      database.name,
    );
    expect((await status()).out).toContain('1 migration pending: between `up` and `finish`');
    expect((await thaw()).out).toContain('What is written now may be lost when `finish` runs');
  });

  test('a seal that is open stays open, and that is said', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await seals.writeSeal({ database, upgrade: me, approvedBy: ['ann', 'ben'] });
    expect((await status()).out).toContain('of kong/payments (run run-1), approved by ann, ben');
    const { out, code } = await thaw();
    expect(code).toBe(0);
    expect(out).toContain('The point of no return is behind');
    expect(await seals.readSeal({ database, cluster: 'payments' })).toMatchObject({ closed: false });
    await write();
  });
});

describe('with a plan', () => {
  test('the role of migrations is shown, and removed', async () => {
    const admin = withAdmin(database);
    await freeze.freezeConfiguration({ database: admin, upgrade: me });
    const file = planFile('admin.yaml', { database: admin, freeze: { after: [['resume', 'updates']] } });
    expect((await withPlan(['freeze', '--status', file])).out).toMatch(
      /migrations {2}refused; they would run as crossfade_migrator_\d+, which may not log on now/,
    );
    const open = await migratorRole.open(admin);
    expect((await withPlan(['freeze', '--status', file])).out).toMatch(
      /let pass just now, as role crossfade_migrator_\d+ \(0 sessions\)/,
    );

    const { out, err, code } = await withPlan(['thaw', file, '--yes', '--by', 'ann']);
    expect({ err, code }).toEqual({ err: '', code: 0 });
    expect(out).toContain('Lifted by ann.');
    expect(out).toContain("The plan's own commands that resume updates were not run:\n  resume updates");
    expect(await kong.postgres.query(`SELECT FROM pg_roles WHERE rolname = '${open.user}'`)).toEqual([]);
    expect(out + err).not.toContain(PASSWORD);
  });

  test('without `database.admin` it is said what is left of it', async () => {
    await freeze.freezeConfiguration({ database: withAdmin(database), upgrade: me });
    const { err, code } = await thaw();
    expect(code).toBe(0);
    expect(err).toMatch(
      /The role of migrations is left; nothing needs it\. Who may drop roles runs: DROP ROLE crossfade_migrator_\d+/,
    );
    await migratorRole.remove(withAdmin(database));
  });

  test('a database that is frozen for another cluster is refused', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    const { code, err } = await withPlan([
      'thaw',
      planFile('orders.yaml', { cluster: 'orders' }),
      '--yes',
      '--by',
      'ann',
    ]);
    expect(code).toBe(3);
    expect(err).toContain('is frozen for cluster "payments", and the plan is of "orders". Nothing was changed.');
    await expect(write()).rejects.toMatchObject({ code: 'CF001' });
  });
});

test('no free connection for Kong: the superuser of the plan gets in', async () => {
  const admin = withAdmin(database);
  await freeze.freezeConfiguration({ database: admin, upgrade: me });
  await kong.postgres.query('ALTER ROLE kong CONNECTION LIMIT 0');
  try {
    expect(await run(['thaw', '--yes', '--by', 'ann'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('PostgreSQL has no free connection') as string,
    });
    const ran = await withPlan(['thaw', planFile('full.yaml', { database: admin }), '--yes', '--by', 'ann']);
    expect(ran).toMatchObject({ code: 0, err: '' });
  } finally {
    await kong.postgres.query('ALTER ROLE kong CONNECTION LIMIT -1');
  }
  await write();
});

describe("Kong's tables in a schema of their own", () => {
  const superuser = { PGUSER: 'postgres', PGPASSWORD: 'postgres' };

  test('a superuser, who is not in that schema by himself, sees the freeze and lifts it', async () => {
    await kong.postgres.query('ALTER SCHEMA public RENAME TO kong; CREATE SCHEMA public', database.name);
    await freeze.freezeConfiguration({ database, upgrade: me });
    const shown = await run(['freeze', '--status'], superuser);
    expect(shown).toMatchObject({ code: 0, err: '' });
    expect(shown.out).toContain(': frozen\n');
    expect(await run(['thaw', '--yes', '--by', 'ann'], superuser)).toMatchObject({ code: 0, err: '' });
    expect(await left()).toEqual(NOTHING);
    await write();
  });

  test.each([
    ['kong', {}],
    ['a superuser', superuser],
  ])('other tables of Kong in public, and no plan: %s is told of the one that is frozen', async (_, as) => {
    const gw = await bootstrapIn('gw', database);
    const { guardedTables } = await freeze.freezeConfiguration({ database: gw, upgrade: me });
    const { out } = await run(['freeze', '--status'], as);
    expect(out).toContain(': frozen\n');
    expect(out).toContain(`${guardedTables} of ${guardedTables} tables of configuration`);
    expect(await run(['thaw', '--yes', '--by', 'ann'], as)).toMatchObject({ code: 0, err: '' });
    expect(await left()).toEqual(NOTHING);
  });
});

test('the table of the freeze is gone: writes are refused all the same, and that is said; lifted, it can be frozen again', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  await sql(database, 'DROP TABLE crossfade.freeze');
  await expect(write()).rejects.toMatchObject({ code: 'CF001' });
  const { out } = await status();
  expect(out).toContain(': frozen, and by whom is not written down any more');
  const lifted = await thaw();
  expect(lifted).toMatchObject({ code: 0, err: '' });
  expect(lifted.out).toContain('Writes are refused, and for which upgrade is not written down any more');
  await write();
  expect((await status()).out).toContain(': not frozen\n');
  expect(await freeze.freezeConfiguration({ database, upgrade: me })).toMatchObject({ frozen: true });
});

test('what is empty among the variables counts as not set, as in psql', () => {
  const empty = { PGHOST: '', PGPORT: '', PGSSLMODE: '', PGUSER: '', USER: 'ann', PGDATABASE: 'kong' };
  expect(namedDatabase(undefined, empty).database).toEqual({
    host: 'localhost',
    port: 5432,
    name: 'kong',
    user: 'ann',
  });
});

test('an empty name of who lifts it is refused', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  for (const by of ['', ' ']) expect(await run(['thaw', '--yes', '--by', by])).toMatchObject({ code: 2 });
  await expect(write()).rejects.toMatchObject({ code: 'CF001' });
});

describe('faults are told to people', () => {
  test('a role without any right', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await kong.postgres.query("CREATE ROLE stranger LOGIN PASSWORD 'strange-password'");
    for (const args of [
      ['freeze', '--status'],
      ['thaw', '--yes'],
    ]) {
      const ran = await run(args, { PGUSER: 'stranger', PGPASSWORD: 'strange-password' });
      expect(ran.code).toBe(1);
      expect(ran.err).toContain('The role stranger may not read the freeze');
      expect(ran.err).toContain('→ ');
    }
  });

  test('nothing is said to be tried again by a command that ends', async () => {
    const { err } = await run(['freeze', '--status'], { PGPORT: '1' });
    expect(err).not.toContain('is tried again');
    expect(err).toContain('does not try again by itself');
  });

  test('a role that may not', async () => {
    await freeze.freezeConfiguration({ database, upgrade: me });
    await kong.postgres.query("CREATE ROLE reader LOGIN PASSWORD 'reader-password' IN ROLE pg_read_all_data");
    const ran = await run(['thaw', '--yes'], { PGUSER: 'reader', PGPASSWORD: 'reader-password' });
    expect(ran.code).toBe(1);
    expect(ran.err).toContain('The role reader may not lift the freeze');
    await expect(write()).rejects.toMatchObject({ code: 'CF001' });
  });

  test.each([
    [{ PGDATABASE: '' }, 2, 'PGDATABASE is not set, and no plan was given'],
    [{ PGPORT: 'x' }, 2, 'PGPORT is no port: x.'],
    [{ PGSSLMODE: 'always' }, 2, "PGSSLMODE is none of PostgreSQL's modes: always."],
    [{ PGSSLMODE: 'require' }, 1, 'PostgreSQL does not answer'],
    [{ PGPASSWORD: 'wrong-password' }, 1, 'PostgreSQL refused to let Crossfade in'],
    [{ PGDATABASE: 'nowhere' }, 1, 'PostgreSQL refused to let Crossfade in'],
    [{ PGPORT: '1' }, 1, 'PostgreSQL does not answer'],
    [{ PGDATABASE: 'postgres' }, 1, 'schema_meta'],
  ])('%j', async (changes: Record<string, string>, code, text) => {
    for (const args of [
      ['freeze', '--status'],
      ['thaw', '--yes'],
    ]) {
      const ran = await run(args, changes);
      expect(ran.code).toBe(code);
      expect(ran.err).toContain(text);
      expect(ran.err).not.toMatch(/wrong-password|at .*\.ts/);
    }
  });

  test('a plan that is not there', async () => {
    expect(await withPlan(['thaw', join(dir, 'nowhere.yaml')])).toMatchObject({ code: 2 });
  });

  test('`freeze` without --status', async () => {
    expect(await run(['freeze'])).toMatchObject({ code: 2 });
  });
});

test('a command that runs while it is lifted ends without the guard, and does not bring it back', async () => {
  await freeze.freezeConfiguration({ database, upgrade: me });
  await access.run(database, me, async () => {
    expect(await thaw()).toMatchObject({ code: 0 });
    return undefined;
  });
  expect(await left()).toEqual(NOTHING);
  await write();
});
