import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { connect, nodeAt, sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, kongLock, migrateActivities, PENDING, record } from './fixture.ts';
import { begin as beginWith, hasBegun, holdUp, orphan } from './orphan.ts';
import { Sessions } from './sessions.ts';

let kong: Kong;
const sessions = new Sessions();
beforeAll(async () => void (kong = await startKongDatabases()));
afterEach(() => sessions.end());
afterAll(() => kong.stop());

const PATIENCE = { forHolders: 120_000, inAll: 120_000, firstPause: 60_000, longestPause: 60_000 };
const nobodySeen = { lockHolders: { read: () => Promise.resolve([]) } };

/** An activity that can be cancelled, and what it said on the way. */
async function begin(options: { env?: Record<string, string>; admin?: boolean; overrides?: object } = {}) {
  const started = await beginWith(kong, options.env);
  const { admin, ...rest } = started.database;
  const database: DatabaseRef = options.admin === false || admin === undefined ? rest : { ...rest, admin };
  const controller = new AbortController();
  const told: unknown[] = [];
  const activities = migrateActivities(options.overrides ?? {}, {
    patience: PATIENCE,
    onProgress: (details) => told.push(details),
    cancel: controller.signal,
  });
  const waitsFor = (what: string) =>
    waitFor(`it waits for ${what}`, () => JSON.stringify(told).includes(what), { timeoutMs: 120_000 });
  const input = { ...started.input, database };
  return { database, activities, input, waitsFor, cancel: () => controller.abort() };
}

type Begun = Awaited<ReturnType<typeof begin>>;

/** Nothing of a command has begun, and nothing of the attempt is left. */
async function expectNothing({ database, input }: Begun): Promise<void> {
  expect(await hasBegun(database, 'up')).toBe(false);
  expect(await record.begun(database, input.upgrade, 'up')).toBeUndefined();
  await expectClosed(database);
}

/** The migrator may not log on, no session of it is left, and the advisory lock can be had. */
async function expectClosed(database: DatabaseRef): Promise<void> {
  const roles = await sql(
    database,
    `SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname LIKE 'crossfade_migrator%'`,
  );
  for (const { rolname, rolcanlogin } of roles) {
    expect(rolcanlogin, String(rolname)).toBe(false);
    expect(await kongLock.sessions(database, String(rolname))).toBe(0);
  }
  expect(await createAdvisoryLock(connect).hold(database, 'payments', () => Promise.resolve('free'))).toBe('free');
}

test.each([true, false])('in the wait for a holder of locks (a role of its own: %s): nothing begins', async (admin) => {
  const begun = await begin({ admin });
  const holder = await sessions.longTransaction(begun.database);
  const outcome = begun.activities.migrateUp(begun.input).catch((error: unknown) => error);
  await begun.waitsFor('a report');
  begun.cancel();
  expect(await outcome).toMatchObject({ name: 'CancelledFailure' });
  await expectNothing(begun);
  await holder.query('ROLLBACK');
  expect((await migrateActivities().migrateUp(begun.input)).ran).toHaveLength(EXECUTED.length + PENDING.length);
});

test('in the last look before the command: it does not begin', async () => {
  let arrived = (): void => undefined;
  const here = new Promise<void>((resolve) => (arrived = resolve));
  const go = Promise.withResolvers<[]>();
  const read = () => {
    arrived();
    return go.promise;
  };
  const begun = await begin({ overrides: { lockHolders: { read } } });
  const outcome = begun.activities.migrateUp(begun.input).catch((error: unknown) => error);
  await here;
  begun.cancel();
  go.resolve([]);
  expect(await outcome).toMatchObject({ name: 'CancelledFailure' });
  await expectNothing(begun);
});

test.each([true, false])(
  'while the command runs (a role of its own: %s): it is let to its end, settled, and its result is told',
  async (admin) => {
    const heldUp = holdUp(kong);
    const begun = await begin({ admin, env: heldUp.env });
    // Two nodes: the sets of plugins are proved after the command, too.
    const input = {
      ...begun.input,
      cluster: { ...begun.input.cluster, nodes: [...begun.input.cluster.nodes, nodeAt('n2', '/nowhere', [4, 5, 6])] },
    };
    const outcome = begun.activities.migrateUp(input);
    await waitFor('it has begun', () => hasBegun(begun.database, 'up'));
    begun.cancel();
    heldUp.letGo();
    const { after, ran } = await outcome;
    expect(after).toMatchObject({ state: 'pending', pending: PENDING, new: [] });
    expect([...ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
    expect([...((await record.begun(begun.database, input.upgrade, 'up')) ?? [])].sort()).toEqual([...ran].sort());
    expect(await sql(begun.database, 'SELECT FROM locks')).toEqual([]);
    await expectClosed(begun.database);
  },
);

test('the command ran and its sessions end late: they are waited for all the same', async () => {
  let looks = 0;
  const late = { ...kongLock, sessions: (...args: Parameters<typeof kongLock.sessions>) => lateSessions(...args) };
  const begun = await begin({ overrides: { kongLock: late } });
  const lateSessions: typeof kongLock.sessions = async (database, role) => {
    looks += 1;
    if (looks === 1) begun.cancel();
    return looks < 4 ? 1 : kongLock.sessions(database, role);
  };
  expect((await begun.activities.migrateUp(begun.input)).after.state).toBe('pending');
  expect(looks).toBe(4);
  await expectClosed(begun.database);
});

test('in the pause after an attempt that gave up waiting for a lock: no other one begins, and its failure is told', async () => {
  const begun = await begin({ overrides: nobodySeen });
  const holder = await sessions.open(begun.database, 'postgres');
  await holder.query('BEGIN; LOCK TABLE plugins IN ACCESS EXCLUSIVE MODE');
  const outcome = begun.activities.migrateUp(begun.input).catch((error: unknown) => error);
  await begun.waitsFor('a lock on a table');
  begun.cancel();
  expect(await outcome).toMatchObject({ code: 'MigrationLockTimeout' });
  await holder.query('ROLLBACK');
  await expectClosed(begun.database);
});

test.each([true, false])(
  'in the wait for the command of an attempt that died (a role of its own: %s): it goes on, and no other one begins',
  async (admin) => {
    const begun = await begin({ admin });
    const heldUp = holdUp(kong);
    const pid = await orphan(kong, begun, 'up', heldUp);
    const outcome = begun.activities.migrateUp(begun.input).catch((error: unknown) => error);
    await begun.waitsFor('waitsFor');
    begun.cancel();
    expect(await outcome).toMatchObject({ name: 'CancelledFailure' });
    expect(() => process.kill(pid, 0)).not.toThrow();
    heldUp.letGo();
    // Asked anew, it finds what the other one did.
    const { ran } = await migrateActivities({}, { patience: PATIENCE }).migrateUp(begun.input);
    expect([...ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
  },
);
