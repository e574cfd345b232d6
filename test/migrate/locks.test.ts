import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { nodeAt, sideOf, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING } from './fixture.ts';
import { Sessions } from './sessions.ts';

let kong: Kong;
const sessions = new Sessions();
beforeAll(async () => void (kong = await startKongDatabases()));
afterEach(() => sessions.end());
afterAll(() => kong.stop());

/** 3.9.1 with a migration that takes the lock of an ALTER TABLE on `plugins`, which every request may read. */
function upThatLocks(database: DatabaseRef, migration: string, version = '3.9.1') {
  const file = join(kong.dir, `locks-${migration}.json`);
  writeFileSync(file, JSON.stringify({ migrations: { locks: { [migration]: 'plugins' } } }));
  const cluster = sideOf(version, [nodeAt('n1', '/nowhere', [1, 2, 3])], { KONG_STANDIN_FAULTS: file });
  return { cluster, database, upgrade: upgrade() };
}

const QUICK = { forHolders: 60_000, inAll: 120_000, firstPause: 100, longestPause: 300 };
/** As if nobody had been there before the command began. */
const nobodySeen = { lockHolders: { read: () => Promise.resolve([]) } };

const ddlWaits = async (client: Client): Promise<boolean> => {
  const { rows } = await client.query(
    `SELECT FROM pg_locks WHERE relation = 'plugins'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`,
  );
  return rows.length > 0;
};

test('a transaction that holds locks is waited for, and named: who, since when, on what, and not what it executes', async () => {
  const database = await kong.database('3.4.2');
  const holder = await sessions.longTransaction(database, 'postgres');
  const pid = (await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const told: unknown[] = [];
  const impatient = migrateActivities(
    {},
    { patience: { ...QUICK, forHolders: 2_000 }, onProgress: (d) => told.push(d) },
  );
  const failure = (await impatient
    .migrateUp(upThatLocks(database, '021_340_to_350'))
    .catch((error: unknown) => error)) as Error;
  const who = `pid ${pid}, user postgres, application a report, from 127.0.0.1, transaction, since 20`;
  expect(failure).toMatchObject({ code: 'MigrationBlocked', message: expect.stringContaining(who) as string });
  expect(failure.message).toMatch(/on plugins\.$/);
  expect(failure.message).not.toContain('nobody may see this');
  expect(told).toContainEqual(expect.objectContaining({ waitsFor: expect.stringContaining(who) as string }));

  const patient = migrateActivities({}, { patience: QUICK });
  const migrating = patient.migrateUp(upThatLocks(database, '021_340_to_350'));
  await holder.query('COMMIT');
  expect((await migrating).after.state).toBe('pending');
});

test('where nothing is to be done, nobody is waited for', async () => {
  const database = await kong.database('3.9.1');
  await sessions.longTransaction(database);
  const { ran } = await migrateActivities().migrateUp(upThatLocks(database, '021_340_to_350'));
  expect(ran).toEqual([]);
});

for (const [how, admin] of [
  ['by the lock_timeout of its role', true],
  ['by cancelling it, where it has no role of its own', false],
] as const)
  test(`a migration that meets a long transaction lets queries of X go by, ${how}; and it is completed once that ends`, async () => {
    const { admin: account, ...rest } = await kong.database('3.4.2');
    const database: DatabaseRef = admin && account !== undefined ? { ...rest, admin: account } : rest;
    const holder = await sessions.longTransaction(database);
    const [x, eye] = [await sessions.open(database), await sessions.open(database)];
    // Behind a migration that waits for as long as the other transaction lasts, a query of X would run into this.
    await x.query(`SET statement_timeout = '20s'`);
    const told: unknown[] = [];
    const activities = migrateActivities(nobodySeen, { patience: QUICK, onProgress: (one) => told.push(one) });

    const migrating = activities.migrateUp(upThatLocks(database, '023_360_to_370'));
    for (let attempt = 0; attempt < 2; attempt++) {
      await waitFor('a migration waits for its lock', () => ddlWaits(eye));
      expect((await x.query('SELECT count(*) FROM plugins')).rowCount).toBe(1);
    }
    await holder.query('ROLLBACK');

    const { after, ran } = await migrating;
    expect(after).toMatchObject({ state: 'pending', pending: PENDING });
    expect([...ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
    expect(told).toContainEqual(expect.objectContaining({ waitsFor: 'a lock on a table' }));
    // What was migrated before the lock stayed recorded, and an attempt began with the one that had to wait.
    expect(told).toContainEqual(expect.objectContaining({ done: 0, of: 7, migration: 'core/023_360_to_370' }));
  });

test('a pair that must not be repeated: what PostgreSQL rolled back was not ended in the middle, for this attempt and the next', async () => {
  const database = await kong.database('3.4.2');
  const holder = await sessions.longTransaction(database);
  const input = upThatLocks(database, '006_350_to_360', '3.6.1');
  const impatient = migrateActivities(nobodySeen, { patience: { ...QUICK, inAll: 0 } });
  for (let attempt = 0; attempt < 2; attempt++)
    await expect(impatient.migrateUp(input)).rejects.toMatchObject({
      code: 'MigrationLockTimeout',
      message: expect.stringContaining('canceling statement due to lock timeout') as string,
    });
  await holder.query('ROLLBACK');
  expect((await impatient.migrateUp(input)).after.new).toEqual([]);
});

test('the watch cancels nobody but sessions that began under it and want strong locks', async () => {
  const { admin: _, ...database } = await kong.database('3.4.2');
  const holder = await sessions.longTransaction(database, 'postgres');
  await holder.query('LOCK TABLE plugins IN SHARE MODE');
  const [before, reader] = [await sessions.open(database), await sessions.open(database)];
  // A person's own DDL that waited before, and a node's write that waits behind the same lock.
  const persons = before.query('ALTER TABLE plugins ADD COLUMN made_by_a_person text').then(() => 'done');
  await waitFor('the DDL waits', async () => ddlWaits(reader));
  const activities = migrateActivities(nobodySeen, { patience: QUICK });
  const migrating = activities.migrateUp(upThatLocks(database, '021_340_to_350'));
  await waitFor('both wait', async () => {
    const { rows } = await reader.query(
      `SELECT FROM pg_locks WHERE relation = 'plugins'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`,
    );
    return rows.length === 2;
  });
  const node = await sessions.open(database);
  const write = node.query('UPDATE plugins SET name = name WHERE false').then(() => 'done');
  await waitFor('the migration was cancelled', async () => {
    const { rows } = await reader.query<{ pid: number }>(
      `SELECT pid FROM pg_locks WHERE relation = 'plugins'::regclass AND mode = 'AccessExclusiveLock' AND NOT granted`,
    );
    return rows.length === 1;
  });
  await holder.query('ROLLBACK');
  expect(await Promise.all([persons, write])).toEqual(['done', 'done']);
  expect((await migrating).after.state).toBe('pending');
});
