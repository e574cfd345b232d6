import { afterAll, beforeAll, expect, test } from 'vitest';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { runner, sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { EXECUTED, migrateActivities, PENDING } from './fixture.ts';
import { begin, holdUp, slow } from './orphan.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

const ABORTED = 'aborted: another node is performing database changes';

const upgradeOf = (cluster: string): UpgradeRef => ({
  cluster,
  workflowId: `kong/${cluster}`,
  runId: `run of ${cluster}`,
  startedAt: '2026-01-01T00:00:00.000Z',
});

/** What came of it: the state, or the code of the error and what it says. */
type Told = { state: string; ran: number } | { code: string; message: string };

const told = (work: Promise<{ after: { state: string }; ran: readonly string[] }>): Promise<Told> =>
  work.then(
    ({ after, ran }) => ({ state: after.state, ran: ran.length }),
    (error: unknown) => {
      if (!(error instanceof CrossfadeError)) throw error;
      return { code: error.code, message: error.message };
    },
  );

test('two upgrades, and a person with a shell, at the same time: one works, the others are told why', async () => {
  const { input, database } = await begin(kong, { KONG_STANDIN_FAULTS: slow(kong, 200) });
  const { cluster } = input;
  const migrate = (name: string) =>
    told(migrateActivities().migrateUp({ cluster, database, upgrade: upgradeOf(name) }));
  const shell = runner(cluster, database).kong(['migrations', 'up'], { timeoutMs: 120_000 });
  const [payments, billing, person] = await Promise.all([migrate('payments'), migrate('billing'), shell]);

  // Whoever came first migrated everything, once.
  const rows = await sql(database, 'SELECT subsystem, executed, pending FROM schema_meta');
  const all = rows.flatMap(({ subsystem, executed, pending }) =>
    [...((executed ?? []) as string[]), ...((pending ?? []) as string[])].map((name) => `${String(subsystem)}/${name}`),
  );
  expect(all.filter((one) => [...EXECUTED, ...PENDING].includes(one)).sort()).toEqual([...EXECUTED, ...PENDING].sort());
  expect(new Set(all).size).toBe(all.length);
  expect(await sql(database, 'SELECT FROM locks')).toEqual([]);

  const personDid = person.stdout.includes('9 migrations processed');
  const upgrades = [payments, billing];
  const done = upgrades.filter((one) => 'state' in one);
  const refused = upgrades.filter((one) => 'code' in one);
  if (personDid) {
    // One may have been at work already and met Kong's lock: it goes on with what it finds, and says that it did nothing of it.
    expect([[], [{ state: 'pending', ran: 0 }]]).toContainEqual(done);
  } else {
    expect(person.stdout + person.stderr).toMatch(
      /aborted: another node is performing|Database has pending migrations/,
    );
    expect(done).toEqual([{ state: 'pending', ran: 9 }]);
  }
  for (const one of refused) {
    expect(one.code).toMatch(/^(MigrationLockHeld|MigrationAborted|PendingFromEarlierUpgrade|MigrationsUnreadable)$/);
    if (one.code === 'MigrationLockHeld')
      expect(one.message).toMatch(/Held by: pid \d+, user kong, application crossfade migration (payments|billing)/);
  }

  // Asked again, nobody does anything twice: it is there, begun by an upgrade to the same version, or it is somebody else's.
  for (const one of [await migrate('payments'), await migrate('billing')]) {
    if ('state' in one) expect(one.state).toBe('pending');
    else expect(one).toMatchObject({ code: 'PendingFromEarlierUpgrade' });
  }
  expect(await sql(database, 'SELECT subsystem, executed, pending FROM schema_meta')).toEqual(rows);
});

test('an upgrade is at work when another and a person come: it completes, the one is told who holds the lock, the other that somebody is at work', async () => {
  const heldUp = holdUp(kong, '021_340_to_350');
  const { input, database } = await begin(kong, heldUp.env);
  const { cluster } = input;
  const migrate = (name: string) =>
    told(migrateActivities().migrateUp({ cluster, database, upgrade: upgradeOf(name) }));
  const payments = migrate('payments');
  await waitFor('it is at work', async () => (await sql(database, 'SELECT FROM locks')).length > 0);
  const shell = runner(cluster, database).kong(['migrations', 'up'], { timeoutMs: 120_000 });
  expect(await migrate('billing')).toMatchObject({
    code: 'MigrationLockHeld',
    message: expect.stringContaining('application crossfade migration payments') as string,
  });
  await waitFor('the person waits for the lock', async () => {
    const asking = `SELECT FROM pg_stat_activity WHERE application_name = 'kong' AND usename = 'kong' AND query LIKE 'SELECT%FROM locks%'`;
    return (await kong.postgres.query(asking, database.name)).length > 0;
  });
  heldUp.letGo();
  const { exitCode, stdout } = await shell;
  expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(ABORTED) as string });
  expect(await payments).toEqual({ state: 'pending', ran: 9 });
});
