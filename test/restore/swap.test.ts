import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabaseSwap } from '../../src/adapters/postgres/swap.ts';
import { createControlConnections } from '../../src/adapters/postgres/control-connection.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { restoreNames, swapBackSql, type RestoreNames } from '../../src/domain/restore/index.ts';
import { secrets } from '../backup/fixture.ts';
import {
  CONTENT,
  freeze,
  sql,
  startKongDatabases,
  upgrade,
  withAdmin,
  withoutAdmin,
  type Kong,
} from '../freeze/fixture.ts';
import { connect, looks, nextRun, somebodyIn, swap } from './fixture.ts';

// For a machine that is busy with something else.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

let database: DatabaseRef;
let names: RestoreNames;
let numbers: { present: number; restored: number };

const query = (text: string) => kong.postgres.query(text, 'postgres');
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A database of Kong under a name of choice, and an empty one that waits to take its place. */
async function prepare(name?: string): Promise<void> {
  database = await kong.database('3.6.1');
  if (name !== undefined) {
    await query(`DROP DATABASE IF EXISTS ${quoted(name)} WITH (FORCE)`);
    await query(`ALTER DATABASE ${database.name} RENAME TO ${quoted(name)}`);
    database = { ...database, name };
  }
  names = restoreNames(database.name, nextRun());
  await query(`CREATE DATABASE ${quoted(names.restored)} OWNER kong`);
  const of = async (one: string) => (await swap.numberOf(database, names, one)) ?? 0;
  numbers = { present: await of(database.name), restored: await of(names.restored) };
}
beforeEach(() => prepare());

const called = async (): Promise<unknown> => {
  const rows = await query(
    `SELECT oid::int AS oid, datname FROM pg_database WHERE oid IN (${numbers.present}, ${numbers.restored})`,
  );
  const name = (oid: number) => rows.find((row) => row['oid'] === oid)?.['datname'];
  return { present: name(numbers.present), restored: name(numbers.restored) };
};
const before = () => ({ present: names.database, restored: names.restored });
const after = () => ({ present: names.kept, restored: names.database });
const swapped = (connectAs = connect) => createDatabaseSwap(connectAs).swap(database, names, numbers);

test('swaps both names, and is done when it is asked again, as after a crash just behind the commit', async () => {
  expect(await swap.isSwapped(database, names, numbers)).toBe(false);
  await swapped();
  expect(await called()).toEqual(after());
  await swapped();
  expect(await called()).toEqual(after());
  expect(await swap.isSwapped(database, names, numbers)).toBe(true);
  // What is dropped is the name of a restored database: the one in place has it no more.
  await swap.drop(database, names);
  expect(await called()).toEqual(after());
});

test.each([
  ['between the two', (text: string) => text.includes('ALTER DATABASE "crossfade_restore')],
  ['before the commit', (text: string) => text === 'COMMIT'],
])('a worker that dies %s leaves both names as they were; the next attempt swaps them', async (_, dies) => {
  const mortal: typeof connect = async (...which) => {
    const client = await connect(...which);
    const { query: send } = client;
    client.query = ((...args: Parameters<typeof send>) => {
      if (typeof args[0] === 'string' && dies(args[0])) {
        client.connection.stream.destroy();
        return new Promise(() => undefined);
      }
      return send.apply(client, args);
    }) as typeof send;
    return client;
  };
  const attempt = swapped(mortal).catch(() => undefined);
  // The attempt never ends, as that of a worker that is gone; the server ends its transaction.
  await Promise.race([
    attempt,
    pollUntil(async () => (await idleInTransaction()) === 0 && (await called()) !== undefined),
  ]);
  expect(await called()).toEqual(before());
  await swapped();
  expect(await called()).toEqual(after());
});

const idleInTransaction = async (): Promise<number> =>
  Number((await query("SELECT count(*) AS n FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"))[0]?.['n']);

async function pollUntil(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds()) && performance.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
}

test('somebody is connected: nothing is done, and they are named; once they have left it is', async () => {
  const somebody = await somebodyIn(database, 'reports of ann');
  await expect(swapped()).rejects.toMatchObject({
    code: 'DatabaseInUse',
    message: expect.stringMatching(/1 session of kong@127\.0\.0\.1 \(reports of ann\)/) as string,
  });
  expect(await called()).toEqual(before());
  const attempt = swapped();
  await somebody.end();
  await attempt;
  expect(await called()).toEqual(after());
});

test('somebody in the restored one, and one who only has left: named or waited for', async () => {
  const somebody = await somebodyIn({ ...database, name: names.restored });
  await expect(swapped()).rejects.toMatchObject({
    code: 'DatabaseInUse',
    message: expect.stringContaining('psql') as string,
  });
  expect(await called()).toEqual(before());
  await somebody.end();
});

test('whoever connects while names are swapped finds the restored database afterwards', async () => {
  const [, ...found] = await Promise.all([
    swapped(),
    ...Array.from({ length: 5 }, async () => {
      // As a node does: tries again.
      for (;;) {
        const one = await somebodyIn(database, 'kong').catch(() => undefined);
        const row = await one?.query<{ oid: number }>(
          'SELECT oid::int AS oid FROM pg_database WHERE datname = current_database()',
        );
        await one?.end();
        if (row?.rows[0]?.oid === numbers.restored) return row.rows[0].oid;
      }
    }),
  ]);
  expect(new Set(found)).toEqual(new Set([numbers.restored]));
});

test('the connection that a worker keeps to a frozen database does not stand in the way', async () => {
  await sql(database, CONTENT);
  await freeze.freezeConfiguration({ database, upgrade: upgrade() });
  const control = createControlConnections(secrets);
  await control.watch(database);
  try {
    const sessions = () =>
      query(`SELECT application_name AS name FROM pg_stat_activity WHERE datid = ${numbers.present}`);
    expect(await sessions()).toEqual([{ name: 'crossfade control' }]);
    await swapped();
    expect(await called()).toEqual(after());
  } finally {
    await control.close();
  }
});

describe('without the right', () => {
  test('the role of Kong alone: told what it lacks beforehand, and nothing is done', async () => {
    database = withoutAdmin(database);
    const { lacks } = await looks.server(database, names, 'kong');
    expect(lacks).toEqual([
      expect.stringMatching(/kong may not create and rename.*ALTER ROLE "kong" CREATEDB.*`database\.admin`/),
    ]);
    await expect(swapped()).rejects.toMatchObject({
      code: 'DatabaseNotPermitted',
      message: expect.stringMatching(/kong may not rename .*CREATEDB/) as string,
    });
    expect(await called()).toEqual(before());
  });

  test('the role of Kong with CREATEDB, as owner: lacks nothing, and does it', async () => {
    await query('ALTER ROLE kong CREATEDB');
    try {
      database = withoutAdmin(database);
      expect((await looks.server(database, names, 'kong')).lacks).toEqual([]);
      await swapped();
      expect(await called()).toEqual(after());
    } finally {
      await query('ALTER ROLE kong NOCREATEDB');
    }
  });

  test('an account that may create, and owns nothing: told which membership it lacks', async () => {
    await query("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'postgres'");
    database = { ...database, admin: { user: 'maker', password: { env: 'ADMIN_PASSWORD' } } };
    expect((await looks.server(database, names, 'kong')).lacks).toEqual([
      expect.stringContaining(`maker does not own ${database.name}: GRANT "kong" TO "maker"`),
      expect.stringContaining('maker may not give a database to kong'),
    ]);
    await expect(swapped()).rejects.toMatchObject({ code: 'DatabaseNotPermitted' });
    expect(await called()).toEqual(before());
    await query('GRANT kong TO maker');
    expect((await looks.server(database, names, 'kong')).lacks).toEqual([]);
    await swapped();
    expect(await called()).toEqual(after());
  });
});

test.each([
  ['capitals', 'Kong PROD'],
  ['quotes', `it's "kong"; DROP DATABASE x`],
  ['63 bytes', 'k'.repeat(63)],
  ['63 bytes of others', `${'ö'.repeat(31)}x`],
  ['a percent sign and a backslash', 'kong%s\\1'],
])('a name with %s', async (_, name) => {
  await prepare(name);
  expect(Buffer.byteLength(names.kept)).toBeLessThanOrEqual(63);
  expect(names.kept).toMatch(/_before_restore_\d{14}$/);
  await swapped();
  expect(await called()).toEqual(after());
  // The SQL that people are told brings it back.
  for (const statement of swapBackSql(names)
    .split(/; (?=ALTER|COMMIT)/)
    .filter((one) => one.startsWith('ALTER')))
    await query(statement);
  expect(await called()).toEqual(before());
});

test('a name that is taken, a database that is not what it was: nothing is done', async () => {
  await query(`CREATE DATABASE ${quoted(names.kept)}`);
  expect((await looks.server(database, names, 'kong', numbers.restored)).taken).toEqual([names.kept]);
  await expect(swapped()).rejects.toMatchObject({ code: 'NamesChanged' });
  expect(await called()).toEqual(before());
  await query(`DROP DATABASE ${quoted(names.kept)}`);
  await query(`ALTER DATABASE ${quoted(names.restored)} RENAME TO somebody_renamed_it`);
  await expect(swapped()).rejects.toMatchObject({
    code: 'NamesChanged',
    message: expect.stringContaining('somebody_renamed_it') as string,
  });
  expect(await called()).toEqual({ present: names.database, restored: 'somebody_renamed_it' });
});

test('a database that is gone is replaced too: there is nothing to keep', async () => {
  await query(`DROP DATABASE ${quoted(database.name)}`);
  expect(await looks.server(database, names, 'kong', numbers.restored)).toMatchObject({
    taken: [],
    sessions: [],
    lacks: [],
  });
  expect(await swap.anyOf(database, names)).toMatchObject({ name: 'postgres' });
  await swap.swap(database, names, { restored: numbers.restored });
  expect(await called()).toEqual({ present: undefined, restored: names.database });
});

test('Kong in the database `postgres`, where others are for maintenance', async () => {
  const { admin } = withAdmin(database);
  const inPostgres = { ...database, admin: admin ?? { user: 'postgres' }, name: 'postgres' };
  const { present } = await looks.server(inPostgres, restoreNames('postgres', nextRun()), 'kong');
  expect(present?.oid).toBeGreaterThan(0);
});

test('only restored databases are ever dropped', async () => {
  await expect(swap.drop(database, { ...names, restored: database.name })).rejects.toThrow('not ours to drop');
});
