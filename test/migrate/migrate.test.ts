import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { nodeAt, sideOf, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING, record, seals, sealOf, withEnv, withSeal } from './fixture.ts';
import { holdUp } from './orphan.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

const side = (version: string, env: Record<string, string> = {}): Side =>
  sideOf(version, [nodeAt('n1', '/nowhere', [1, 2, 3])], env);

async function begin(from: string) {
  return { database: await kong.database(from), activities: migrateActivities() };
}

const up = (version: string, database: DatabaseRef, env = {}) => ({
  cluster: side(version, env),
  database,
  upgrade: upgrade(),
});

test('3.4.2 to 3.9.1: read, up, up again, finish, finish again', async () => {
  const { database, activities } = await begin('3.4.2');
  const x = { side: 'x', cluster: side('3.4.2'), database } as const;
  expect(await activities.readMigrations(x)).toMatchObject({ state: 'clean', pending: [], new: [] });

  const first = await activities.migrateUp(up('3.9.1', database));
  expect(first).toMatchObject({ before: { state: 'new' }, after: { state: 'pending', pending: PENDING } });
  expect([...first.ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
  expect(await activities.readMigrations(x)).toMatchObject({ state: 'clean' });

  const again = await activities.migrateUp(up('3.9.1', database));
  expect(again.after).toEqual(first.after);
  expect([...again.ran].sort()).toEqual([...first.ran].sort());

  const finished = await activities.migrateFinish(up('3.9.1', database));
  expect(finished).toMatchObject({ before: { state: 'pending' }, after: { state: 'clean' }, ran: PENDING });
  const finishedAgain = await activities.migrateFinish(up('3.9.1', database));
  expect(finishedAgain).toMatchObject({ before: { state: 'clean' }, after: { state: 'clean' }, ran: PENDING });
  expect(await sql(database, 'SELECT FROM locks')).toEqual([]);
});

test('3.9.0 to 3.9.1: nothing to do', async () => {
  const { database, activities } = await begin('3.9.0');
  const nothing = { before: { state: 'clean' }, after: { state: 'clean' }, ran: [] };
  expect(await activities.migrateUp(up('3.9.1', database))).toMatchObject(nothing);
  expect(await activities.migrateFinish(up('3.9.1', database))).toMatchObject(nothing);
});

test('pending of another upgrade is refused, and named', async () => {
  const { database, activities } = await begin('3.4.2');
  await activities.migrateUp({ ...up('3.7.1', database), upgrade: upgrade('an-earlier-run') });
  await expect(activities.migrateUp(up('3.9.1', database))).rejects.toMatchObject({
    code: 'PendingFromEarlierUpgrade',
    message: expect.stringContaining('rate-limiting/006_350_to_360'),
  });
});

test('finish without the seal of this upgrade is refused, and nothing is run', async () => {
  const { database, activities } = await begin('3.4.2');
  await activities.migrateUp(up('3.9.1', database));
  for (const seal of [undefined, sealOf('another-run')]) {
    const sealed = migrateActivities(withSeal(seal));
    await expect(sealed.migrateFinish(up('3.9.1', database))).rejects.toMatchObject({ code: 'NotSealed' });
  }
  const state = await activities.readMigrations({ side: 'y', cluster: side('3.9.1'), database });
  expect(state.state).toBe('pending');
});

test('finish before up is refused', async () => {
  const { database, activities } = await begin('3.4.2');
  await expect(activities.migrateFinish(up('3.9.1', database))).rejects.toMatchObject({ code: 'UpNotDone' });
});

test('an empty database', async () => {
  await kong.postgres.createDatabase('empty', 'kong');
  const database = { ...(await kong.database('3.4.2')), name: 'empty' };
  const activities = migrateActivities(withEnv({}));
  await expect(activities.migrateUp(up('3.9.1', database))).rejects.toMatchObject({ code: 'NeedsBootstrap' });
});

test('a lock of somebody else: aborted with exit code 0 is not done, and the lock stays', async () => {
  const { database, activities } = await begin('3.4.2');
  await activities.migrateUp(up('3.9.1', database));
  await sql(
    database,
    `INSERT INTO locks VALUES ('migrations', 'a person with a shell', now() + interval '60 seconds')`,
  );
  await expect(activities.migrateFinish(up('3.9.1', database))).rejects.toMatchObject({
    code: 'MigrationAborted',
    message: expect.stringContaining('aborted: another node is performing database changes'),
  });
  expect(await sql(database, 'SELECT owner FROM locks')).toEqual([{ owner: 'a person with a shell' }]);
  await sql(database, 'DELETE FROM locks');
  expect(await activities.migrateFinish(up('3.9.1', database))).toMatchObject({ after: { state: 'clean' } });
});

test('a migration that fails half-way: the next attempt goes on where it stopped', async () => {
  const { database, activities } = await begin('3.4.2');
  const file = join(kong.dir, 'faults.json');
  const env = { KONG_STANDIN_FAULTS: file };
  writeFileSync(file, JSON.stringify({ migrations: { fail: '001_331_to_332' } }));
  await expect(activities.migrateUp(up('3.9.1', database, env))).rejects.toMatchObject({
    code: 'MigrationFailed',
    message: expect.stringContaining("failed to run migration '001_331_to_332'"),
  });
  const y = { side: 'y', cluster: side('3.9.1'), database } as const;
  expect(await activities.readMigrations(y)).toMatchObject({ state: 'pending-and-new' });

  writeFileSync(file, '{}');
  const result = await activities.migrateUp(up('3.9.1', database, env));
  expect(result.after).toMatchObject({ state: 'pending', pending: PENDING });
  expect([...result.ran].sort()).toEqual([...EXECUTED, ...PENDING].sort());
});

test('PostgreSQL refuses: the role, the password, the right to write', async () => {
  const database = await kong.database('3.4.2');
  const wrong = migrateActivities(withEnv({ KONG_PG_PASSWORD: 'wrong' }));
  await expect(wrong.migrateUp(up('3.9.1', database))).rejects.toMatchObject({ code: 'DatabaseRefused' });

  await kong.postgres.createRole('reader', 'reader');
  await kong.postgres.query('GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader', database.name);
  const reader = migrateActivities(withEnv({ KONG_PG_USER: 'reader', KONG_PG_PASSWORD: 'reader' }));
  await expect(reader.migrateUp(up('3.9.1', database))).rejects.toMatchObject({ code: 'MigrationNotPermitted' });
});

test('a program that is not kong', async () => {
  const database = await kong.database('3.4.2');
  const cluster = sideOf('3.9.1', [nodeAt('n1', '/nowhere', [1, 2, 3])], {}, '/bin/true');
  const reading = migrateActivities().readMigrations({ side: 'y', cluster, database });
  await expect(reading).rejects.toMatchObject({ code: 'MigrationsUnreadable' });
});

test('without a role of its own for migrations: the same, and a lock that is left is waited for', async () => {
  const { admin: _, ...database } = await kong.database('3.4.2');
  const activities = migrateActivities({ seals });
  await record.begin(database, upgrade(), 'up', [...EXECUTED, ...PENDING], { to: '3.9.1' });
  await sql(database, `INSERT INTO locks VALUES ('migrations', 'perhaps ours', now() + interval '2 seconds')`);
  const { after } = await activities.migrateUp(up('3.9.1', database));
  expect(after).toMatchObject({ state: 'pending', pending: PENDING });

  await seals.write(database, upgrade(), ['somebody']);
  expect(await activities.migrateFinish(up('3.9.1', database))).toMatchObject({ after: { state: 'clean' } });
});

test('a pair whose "up" must not run twice: after an attempt that was cut off, a person decides', async () => {
  const { database, activities } = await begin('3.4.2');
  await record.begin(database, upgrade(), 'up', ['rate-limiting/006_350_to_360'], { to: '3.9.1' });
  await expect(activities.migrateUp(up('3.6.1', database))).rejects.toMatchObject({
    code: 'MigrationNotRepeatable',
    message: expect.stringContaining('Redis'),
  });
});

test('how far it is, is told on the way: which migration, how many of how many', async () => {
  const { database } = await begin('3.4.2');
  const heldUp = holdUp(kong, '022_350_to_360');
  const told: { command?: string; done?: number; of?: number; migration?: string }[] = [];
  const activities = migrateActivities({}, { onProgress: (details) => told.push(details as object) });
  const migrating = activities.migrateUp(up('3.9.1', database, heldUp.env));
  const isTold = (done: number) => waitFor(`${done} are done`, () => told.some((one) => one.done === done));
  await isTold(1);
  heldUp.letGo('024_380_to_390');
  await isTold(3);
  heldUp.letGo('001_360_to_370');
  await isTold(5);
  heldUp.letGo();
  await migrating;
  const all = [...EXECUTED, ...PENDING];
  expect(told[0]).toEqual({ command: 'kong migrations up', done: 0, of: 9, migration: EXECUTED[0] });
  const between = told.filter(({ done = 0 }) => done > 0 && done < 9);
  for (const { of, migration = '' } of between) {
    expect(of).toBe(9);
    expect(all).toContain(migration);
  }
});

test('a node of Y that loads more plugins than the first one, with whose settings up runs', async () => {
  const { database, activities } = await begin('3.4.2');
  const [first, second] = [nodeAt('y1', '/nowhere', [1, 2, 3]), nodeAt('y2', '/nowhere', [4, 5, 6])];
  const few = { ...first, env: { ...first.env, KONG_PLUGINS: 'key-auth' } };
  const cluster = sideOf('3.9.1', [few, second]);
  await expect(activities.migrateUp({ cluster, database, upgrade: upgrade() })).rejects.toMatchObject({
    code: 'PluginSetDiffers',
    message: expect.stringContaining('new for y2 only: acme/003_350_to_360') as string,
  });
  // With the same plugins for all it goes on where it was.
  const alike = sideOf('3.9.1', [first, second]);
  const { after } = await activities.migrateUp({ cluster: alike, database, upgrade: upgrade() });
  expect(after).toMatchObject({ state: 'pending', pending: PENDING, new: [] });
});
