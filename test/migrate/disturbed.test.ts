import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { kongOf, sideOf, sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING } from './fixture.ts';
import { begin as beginWith, hasBegun, holdUp } from './orphan.ts';
import { Sessions } from './sessions.ts';

let kong: Kong;
const sessions = new Sessions();
beforeAll(async () => void (kong = await startKongDatabases()));
afterEach(() => sessions.end());
afterAll(() => kong.stop());

const begin = (env?: Record<string, string>) => beginWith(kong, env);
const withoutAdmin = ({ admin: _, ...database }: DatabaseRef): DatabaseRef => database;
type Started = Awaited<ReturnType<typeof begin>>;

const end = (database: DatabaseRef, which: string) =>
  kong.postgres.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database.name}' AND ${which}`,
    'postgres',
  );

async function expectUp({ activities, input, database }: Started): Promise<void> {
  const { after, ran } = await activities.migrateUp(input);
  expect(after).toMatchObject({ state: 'pending', pending: PENDING, new: [] });
  expect([...ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
  expect(await sql(database, 'SELECT FROM locks')).toEqual([]);
}

test("the migrator's connection is ended in the middle: the next attempt completes it", async () => {
  const heldUp = holdUp(kong);
  const started = await begin(heldUp.env);
  const first = started.activities.migrateUp(started.input);
  first.catch(() => undefined);
  await waitFor('it has begun', () => hasBegun(started.database, 'up'));
  await end(started.database, `usename LIKE 'crossfade_migrator%'`);
  heldUp.letGo();
  await expect(first).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  await expectUp(started);
});

test('PostgreSQL is restarted in the middle: the next attempt completes it', async () => {
  const heldUp = holdUp(kong);
  const started = await begin(heldUp.env);
  const first = started.activities.migrateUp(started.input);
  first.catch(() => undefined);
  await waitFor('it has begun', () => hasBegun(started.database, 'up'));
  await kong.postgres.stop();
  heldUp.letGo();
  await expect(first).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  await expect(started.activities.migrateUp(started.input)).rejects.toMatchObject({ code: 'DatabaseUnreachable' });
  await kong.postgres.start();
  await expectUp(started);
});

test('a database that takes no writes: nothing is begun, and it works once that is over', async () => {
  for (const admin of [true, false]) {
    const started = await begin();
    const database = admin ? started.database : withoutAdmin(started.database);
    const input = { ...started.input, database };
    const { name } = database;
    await kong.postgres.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`, 'postgres');
    await expect(started.activities.migrateUp(input)).rejects.toMatchObject({ code: 'DatabaseReadOnly' });
    expect(await hasBegun(database, 'up')).toBe(false);
    await kong.postgres.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`, 'postgres');
    await expectUp({ ...started, input });
  }
});

/** A `kong` that gives up on a statement after two seconds, whatever it was told: as one whose time-out is too short. */
function impatientKong(): string {
  const file = join(kong.dir, 'impatient-kong');
  writeFileSync(
    file,
    `#!/bin/sh\nn=$#\nwhile [ $n -gt 0 ]; do a=$1; shift; [ "$a" = 3600 ] && a=2; set -- "$@" "$a"; n=$((n-1)); done\nexec ${kongOf('3.9.1')} "$@"\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

test('the client gives up and the server goes on: the next attempt waits for the server, and records what it did', async () => {
  const started = await begin();
  const database = withoutAdmin(started.database);
  const cluster = sideOf('3.9.1', started.input.cluster.nodes, {}, impatientKong());
  const input = { ...started.input, database, cluster };
  // As if the other transaction had come after the command began. It wants no strong lock itself: nobody cancels it.
  const activities = migrateActivities({ lockHolders: { read: () => Promise.resolve([]) } });
  const holder = await sessions.open(database, 'postgres');
  await holder.query('BEGIN; LOCK TABLE plugins IN ACCESS EXCLUSIVE MODE');

  const first = activities.migrateUp(input);
  const failure = first.catch((error: unknown) => error);
  const waiting = () =>
    kong.postgres.query(
      `SELECT FROM pg_stat_activity WHERE datname = '${database.name}' AND wait_event_type = 'Lock' AND query LIKE '%UPDATE plugins%'`,
      'postgres',
    );
  // In this order: before it has begun, the lock is not there either.
  await waitFor('it has begun', () => hasBegun(database, 'up'));
  await waitFor('the client has given up', async () => (await sql(database, 'SELECT FROM locks')).length === 0);
  expect(await waiting()).toHaveLength(1);
  await holder.query('COMMIT');
  expect(await failure).toMatchObject({
    code: 'MigrationFailed',
    message: expect.stringContaining('receive_message: failed to get type: timeout') as string,
  });
  expect(await waiting()).toEqual([]);
  await expectUp({ ...started, database, input });
});

const LOCK_CONNECTION = `application_name = 'crossfade migration payments'`;

test('the advisory lock is lost while the command runs: the command is let to its end, and what it did is believed', async () => {
  const heldUp = holdUp(kong);
  const started = await begin(heldUp.env);
  const first = started.activities.migrateUp(started.input);
  await waitFor('it has begun', () => hasBegun(started.database, 'up'));
  await end(started.database, LOCK_CONNECTION);
  heldUp.letGo();
  expect((await first).after.state).toBe('pending');
  await expectUp(started);
});

test('the advisory lock is lost before the command begins: it does not begin', async () => {
  const started = await begin();
  const holder = await sessions.longTransaction(started.database);
  const told: unknown[] = [];
  const activities = migrateActivities({}, { onProgress: (details) => told.push(details) });
  const first = activities.migrateUp(started.input);
  first.catch(() => undefined);
  await waitFor('it waits for the transaction', () => JSON.stringify(told).includes('waitsFor'));
  await end(started.database, LOCK_CONNECTION);
  await holder.query('COMMIT');
  await expect(first).rejects.toMatchObject({ code: 'MigrationLockLost' });
  expect(await hasBegun(started.database, 'up')).toBe(false);
  await expectUp(started);
});
