import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createLockHolders } from '../../src/adapters/postgres/lock-holders.ts';
import { describeHolder } from '../../src/domain/migrations/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { connect, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { kongLock, record } from './fixture.ts';
import { Sessions } from './sessions.ts';

let kong: Kong;
const sessions = new Sessions();
const holders = createLockHolders(connect);
beforeAll(async () => {
  kong = await startKongDatabases();
  await kong.postgres.query('ALTER SYSTEM SET max_prepared_transactions = 5', 'postgres');
  await kong.postgres.stop();
  await kong.postgres.start();
});
afterEach(() => sessions.end());
afterAll(() => kong.stop());

test("nobody, and nobody who uses other tables than Kong's", async () => {
  const database = await kong.database('3.4.2');
  const other = await sessions.open(database, 'postgres');
  await other.query('CREATE SCHEMA reports; CREATE TABLE reports.plugins (id int); BEGIN; LOCK TABLE reports.plugins');
  expect(await holders.read(database)).toEqual([]);
});

test('a reader, a dump, somebody who waits for a strong lock, and a prepared transaction', async () => {
  const database = await kong.database('3.4.2');
  const reader = await sessions.open(database);
  await reader.query('BEGIN; SELECT FROM plugins; SELECT FROM routes');
  const dump = await sessions.open(database, 'postgres', 'pg_dump');
  await dump.query('BEGIN; LOCK TABLE services IN ACCESS SHARE MODE');
  const two = await sessions.open(database, 'postgres');
  await two.query(`BEGIN; LOCK TABLE upstreams IN ROW EXCLUSIVE MODE; PREPARE TRANSACTION 'half of two'`);
  const alter = await sessions.open(database);
  const waiting = alter.query('ALTER TABLE plugins ADD COLUMN more text').catch(() => undefined);
  await waitFor('it waits', async () => (await holders.read(database)).some(({ kind }) => kind === 'waiting'));

  const found = await holders.read(database);
  const byKind = (kind: string) => found.find((one) => one.kind === kind);
  expect(found).toHaveLength(4);
  expect(byKind('transaction')).toMatchObject({ user: 'kong', application: 'a report', table: 'plugins', tables: 2 });
  expect(byKind('dump')).toMatchObject({ user: 'postgres', address: '127.0.0.1', table: 'services', tables: 1 });
  expect(byKind('prepared')).toMatchObject({ id: 'half of two', user: 'postgres', table: 'upstreams' });
  expect(byKind('prepared')).not.toHaveProperty('pid');
  expect(byKind('waiting')).toMatchObject({ user: 'kong', table: 'plugins' });
  for (const one of found) expect(one.age).toBeGreaterThanOrEqual(0);
  expect(found.map(describeHolder).join('\n')).toMatch(
    /prepared transaction half of two, user postgres, since 20\S+Z, on upstreams/,
  );
  await reader.query('COMMIT');
  await waiting;
  await kong.postgres.query(`ROLLBACK PREPARED 'half of two'`, database.name);
});

test("Kong's own role alone is not told how old the transaction of another role is, but that it is there", async () => {
  const { admin: _, ...database } = await kong.database('3.4.2');
  const report = await sessions.open(database, 'postgres');
  await report.query('BEGIN; SELECT FROM plugins');
  const [found] = await holders.read(database);
  expect(found).toMatchObject({ kind: 'transaction', user: 'postgres', application: 'a report', table: 'plugins' });
  expect(found).not.toHaveProperty('age');
  const again = await holders.read(database);
  expect(again.map(({ id }) => id)).toEqual([found?.id]);
  await report.query('COMMIT; BEGIN; SELECT FROM plugins');
  expect((await holders.read(database)).map(({ id }) => id)).not.toEqual([found?.id]);
});

test("a dead command's lock is removed only by whoever holds the advisory lock", async () => {
  const database = await kong.database('3.4.2');
  await record.begin(database, upgrade(), 'up', [], { to: '3.9.1' });
  const session = await sessions.open(database);
  await session.query(`INSERT INTO locks VALUES ('migrations', 'the dead one', now() + interval '900 seconds')`);
  const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const clear = () => kongLock.clearDead(database, upgrade(), 'up', 900, rows[0]?.pid ?? 0);
  expect(await clear()).toBe('held');
  await session.query(`SELECT pg_advisory_lock_shared(${0x43_46}, 1)`);
  expect(await clear()).toBe('held');
  await session.query(`SELECT pg_advisory_unlock_all(), pg_advisory_lock(${0x43_46}, 1)`);
  expect(await clear()).toBe('cleared');
});
