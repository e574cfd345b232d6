import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import { nodeAt, PASSWORD, sideOf, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { checkY, find, levelsOf, sideWith } from '../preflight/fixture.ts';
import { migrateActivities, record, seals } from './fixture.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

const activities = migrateActivities();
const earlier = upgrade('an-earlier-run');

const side = (version: string): Side => sideWith(version, {});

/** As after an upgrade that was abandoned when its `up` had run: X goes on. */
async function abandonAfterUp(from: string, to: string): Promise<DatabaseRef> {
  const database = await kong.database(from);
  await activities.migrateUp({ cluster: side(to), database, upgrade: earlier, from });
  return database;
}

/** As X does it: in the form of its own version, without what `up` has added. */
const writeThroughX = (database: DatabaseRef) =>
  sql(
    database,
    `INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key, created_at, updated_at)
       SELECT gen_random_uuid(), 'rate-limiting', '{"minute": 5, "policy": "redis", "redis_host": "r"}', true, id, 'k',
              now() + interval '1 hour', now() + interval '1 hour'
         FROM workspaces`,
  );

describe.each([
  ['3.4.2', 5],
  ['3.6.1', 1],
])('%s to 3.9.1, abandoned after `up`', (from, pending) => {
  test('the next one to the same Kong goes on; what X wrote since is counted, by table and never by value', async () => {
    const database = await abandonAfterUp(from, '3.9.1');
    const quiet = await checkY(side('3.9.1'), database, { x: from });
    expect(levelsOf(quiet)).toMatchObject({ 'migrations-y': 'pass', 'abandoned-upgrade': 'warn' });
    expect(find(quiet, 'abandoned-upgrade')?.message).toContain('No entity says that it was made or changed');

    await writeThroughX(database);
    const message = find(await checkY(side('3.9.1'), database, { x: from }), 'abandoned-upgrade')?.message;
    expect(message).toContain('run an-earlier-run');
    expect(message).toContain(`from ${from} to 3.9.1`);
    expect(message).toContain(`${pending} migration`);
    expect(message).toContain('Made or changed since then: plugins 1.');

    const { before, after, ran } = await activities.migrateUp({ cluster: side('3.9.1'), database, upgrade: upgrade() });
    expect([before.state, after.state, ran]).toEqual(['pending', 'pending', []]);
    expect(after.pending).toHaveLength(pending);
    const finished = await activities.migrateFinish({ cluster: side('3.9.1'), database, upgrade: upgrade() });
    expect(finished).toMatchObject({ before: { state: 'pending' }, after: { state: 'clean' } });
  });

  test('without a runner that can rehearse `finish` it is refused, unless a person takes it', async () => {
    const database = await abandonAfterUp(from, '3.9.1');
    const local = side('3.9.1');
    const kongCommand = local.runs.on === 'local' ? local.runs.kong : '';
    const env = {
      KONG_PG_HOST: database.host,
      KONG_PG_PORT: String(database.port),
      KONG_PG_DATABASE: database.name,
      KONG_PG_USER: database.user,
      KONG_PREFIX: `${kong.dir}/commands`,
      KONG_PG_PASSWORD: PASSWORD,
    };
    const runs = { on: 'command' as const, host: 'here', kong: [kongCommand], env };
    const y: Side = { ...sideOf('3.9.1', [nodeAt('n1', '/nowhere', [1, 2, 3])]), runs };
    expect(levelsOf(await checkY(y, database, { x: from }))).toMatchObject({
      'abandoned-upgrade': 'warn',
      'finish-not-rehearsed': 'refuse',
      'plugins-in-use': 'warn',
    });
    const accept = [{ risk: 'finish-not-rehearsed', reason: 'tried by hand on a copy' }];
    const accepted = find(await checkY(y, database, { x: from, accept }), 'finish-not-rehearsed');
    expect(accepted).toMatchObject({ level: 'warn', message: expect.stringContaining('tried by hand on a copy') });
  });
});

test('to another Kong: refused, with what to do, and where the backup is', async () => {
  const database = await abandonAfterUp('3.4.2', '3.7.1');
  const found = await checkY(side('3.9.1'), database, { x: '3.4.2' });
  expect(levelsOf(found)).toMatchObject({ 'migrations-y': 'refuse', 'abandoned-upgrade': 'refuse' });
  const { message, hint } = find(found, 'abandoned-upgrade') ?? {};
  expect(message).toContain('rate-limiting/006_350_to_360');
  expect(hint).toContain('Upgrade to 3.7.1 first');
  expect(hint).toContain('crossfade/payments/2026-01-01T00-00-00-000Z_an-earlier-run/before/manifest.json');
  await expect(activities.migrateUp({ cluster: side('3.9.1'), database, upgrade: upgrade() })).rejects.toMatchObject({
    code: 'PendingFromEarlierUpgrade',
  });
  // The way that is named works.
  expect(levelsOf(await checkY(side('3.7.1'), database, { x: '3.4.2' }))).toMatchObject({
    'migrations-y': 'pass',
    'abandoned-upgrade': 'warn',
  });
});

test('nothing of it is pending: the next one just goes on, to whatever Kong', async () => {
  const database = await abandonAfterUp('3.7.1', '3.9.0');
  const found = await checkY(side('3.9.1'), database, { x: '3.7.1' });
  expect(levelsOf(found)).toMatchObject({ 'migrations-y': 'pass', 'abandoned-upgrade': 'pass' });
  const { after } = await activities.migrateUp({ cluster: side('3.9.1'), database, upgrade: upgrade() });
  expect(after.state).toBe('clean');
});

test("somebody else's `up` stays refused: there is no record of it", async () => {
  const database = await abandonAfterUp('3.4.2', '3.9.1');
  await sql(database, 'DELETE FROM crossfade.migration');
  const found = levelsOf(await checkY(side('3.9.1'), database, { x: '3.4.2' }));
  expect(found['migrations-y']).toBe('refuse');
  expect(found).not.toHaveProperty('abandoned-upgrade');
});

test('an upgrade that was sealed is none that was abandoned, nor is anything before it', async () => {
  const database = await abandonAfterUp('3.4.2', '3.9.1');
  await record.begin(database, upgrade('in-between'), 'up', ['core/024_380_to_390'], { to: '3.9.1' });
  const names = async () => (await record.abandoned(database, upgrade())).map((one) => one.upgrade.runId);
  expect(await names()).toEqual(['in-between', 'an-earlier-run']);
  await seals.write(database, upgrade('in-between'), ['ann']);
  expect(await names()).toEqual([]);
});

test('an `up` that was abandoned in the middle of what must not be repeated: refused', async () => {
  const database = await kong.database('3.4.2');
  await record.begin(database, earlier, 'up', ['rate-limiting/006_350_to_360'], { from: '3.4.2', to: '3.6.1' });
  const found = await checkY(side('3.6.1'), database, { x: '3.4.2' });
  expect(find(found, 'abandoned-upgrade')).toMatchObject({
    level: 'refuse',
    message: expect.stringContaining('replaces the Redis settings by nothing'),
  });
});
