import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Postgres } from '../../sandbox/servers/postgres.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createFreezeActivities } from '../../src/activities/freeze.ts';
import { createSealActivities } from '../../src/activities/seal.ts';
import { createControlConnections, type ControlConnections } from '../../src/adapters/postgres/control-connection.ts';
import { withConnection } from '../../src/adapters/postgres/connect.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createMigratorRole } from '../../src/adapters/postgres/migrator-role.ts';
import { createWriteProof } from '../../src/adapters/postgres/proof.ts';
import { createQuietWatch } from '../../src/adapters/postgres/quiet.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import { runCommand } from '../../src/adapters/process/index.ts';
import { keepControl } from '../../src/worker/keep-control.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import {
  asKong,
  CONTENT,
  inActivity,
  secrets,
  startKongDatabases,
  upgrade,
  withAdmin,
  withoutAdmin,
  type Kong,
} from './fixture.ts';

// A server that takes as few connections as one can have.
const MOST = 8;

let kong: Kong;
let postgres: Postgres;
let database: DatabaseRef;
const workers: ControlConnections[] = [];
const fillers: Client[] = [];
const me = upgrade();

beforeAll(async () => {
  kong = await startKongDatabases({ maxConnections: MOST });
  postgres = kong.postgres;
});
afterAll(() => kong.stop());
beforeEach(async () => {
  database = withoutAdmin(await kong.database('3.6.1'));
  await postgres.query(CONTENT, database.name);
});
afterEach(async () => {
  await freeAll();
  await Promise.all(workers.splice(0).map((one) => one.close()));
});

/** A worker's activities, with a control connection of their own. */
function worker() {
  const control = createControlConnections(secrets);
  workers.push(control);
  const { connect } = control;
  const activities = createFreezeActivities({
    guard: createGuard(connect),
    proof: createWriteProof(connect),
    fingerprints: createFingerprints(connect),
    quiet: createQuietWatch(connect),
    migratorRole: createMigratorRole(connect),
    runCommand,
    environment: {},
  });
  return {
    ...control,
    ...inActivity(activities),
    ...inActivity(createSealActivities({ seals: createSeals(connect) })),
  };
}

/** Sessions of Crossfade in the database, by name and whether they are in a transaction; asked by the superuser. */
const sessions = async (): Promise<string[]> =>
  (
    await postgres.query(
      `SELECT application_name || ' ' || state AS name FROM pg_stat_activity
        WHERE datname = '${database.name}' AND application_name LIKE 'crossfade%' ORDER BY 1`,
      'postgres',
    )
  ).map(({ name }) => String(name));

const pidOfControl = async (): Promise<number> => {
  const rows = await postgres.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = '${database.name}' AND application_name LIKE 'crossfade%'`,
    'postgres',
  );
  expect(rows).toHaveLength(1);
  return Number(rows[0]?.['pid']);
};

const kill = (pid: number) => postgres.query(`SELECT pg_terminate_backend(${pid})`, 'postgres');

/** Takes every connection that Kong's role can get, and proves it. */
async function fill(): Promise<void> {
  for (;;) {
    const client = new Client({ host: postgres.host, port: postgres.port, database: database.name, ...asKong });
    client.on('error', () => undefined);
    try {
      await client.connect();
      fillers.push(client);
    } catch (error) {
      await client.end().catch(() => undefined);
      expect(error).toMatchObject({ code: '53300' });
      return;
    }
  }
}

async function freeAll(): Promise<void> {
  await Promise.all(fillers.splice(0).map((one) => one.end()));
  // A session is gone from the server a moment after its client has gone.
  await waitFor('Kong has no session but ours', async () => {
    const rows = await postgres.query("SELECT FROM pg_stat_activity WHERE application_name = '' AND usename = 'kong'");
    return rows.length === 0;
  });
}

const CONTROL = ['crossfade control idle'];

test('kept from the freeze until the thaw, idle and with no transaction open', async () => {
  const one = worker();
  await one.readFreeze({ database });
  expect(await sessions()).toEqual([]);

  await one.freezeConfiguration({ database, upgrade: me });
  expect(await sessions()).toEqual(CONTROL);
  await one.takeBaseline({ database, upgrade: me, label: 'freeze' });
  await one.checkDrift({ database, upgrade: me });
  expect(await sessions()).toEqual(CONTROL);

  await one.thawConfiguration({ database, upgrade: me });
  expect(await sessions()).toEqual([]);
  await postgres.query(`ALTER DATABASE ${database.name} RENAME TO renamed`, 'postgres');
  await postgres.query('DROP DATABASE renamed', 'postgres');
});

describe('when PostgreSQL has no free connection', () => {
  test('the configuration is read, compared, thawed and proved writable all the same; nothing is left open', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    await one.takeBaseline({ database, upgrade: me, label: 'freeze' });
    await fill();
    expect(await one.readFreeze({ database })).toMatchObject({ frozen: true, runId: me.runId });
    expect(await one.checkDrift({ database, upgrade: me })).toMatchObject({ total: 0 });
    await one.writeSeal({ database, upgrade: me, approvedBy: ['ann'] });

    expect(await one.thawConfiguration({ database, upgrade: me })).toMatchObject({ frozen: false, guardedTables: 0 });
    await one.closeSeal({ database, upgrade: me });
    await one.proveWritable({ database });
    // Still full, and what reads the thaw back may come yet.
    expect(await sessions()).toEqual(CONTROL);
    await expect(worker().readFreeze({ database })).rejects.toMatchObject({ code: 'DatabaseFull' });

    await freeAll();
    await one.readFreeze({ database });
    expect(await sessions()).toEqual([]);
  });

  test('the limit of the role and of the database count as well', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    for (const limited of ['ROLE kong', `DATABASE ${database.name}`]) {
      await postgres.query(`ALTER ${limited} CONNECTION LIMIT 1`, 'postgres');
      await expect(worker().readFreeze({ database })).rejects.toMatchObject({ code: 'DatabaseFull' });
      expect(await one.readFreeze({ database })).toMatchObject({ frozen: true });
      await postgres.query(`ALTER ${limited} CONNECTION LIMIT -1`, 'postgres');
    }
  });

  test('many at once wait for their turn, and each gets a clean session', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    await one.takeBaseline({ database, upgrade: me, label: 'freeze' });
    await fill();
    const dirty = Array.from({ length: 5 }, (_, number) =>
      withConnection(one.connect(database), async (client) => {
        const { rows } = await client.query(
          `SELECT current_setting('application_name') AS name, current_setting('lock_timeout') AS wait,
                  to_regclass('pg_temp.mine') IS NULL AS clean,
                  (SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks`,
        );
        await client.query('SELECT pg_advisory_lock(7, $1)', [number]);
        await client.query(
          "SET lock_timeout = '1s'; SET application_name = 'crossfade something'; CREATE TEMP TABLE mine ()",
        );
        // Left in a failed transaction.
        await client.query('BEGIN');
        await client.query('SELECT 1/0').catch(() => undefined);
        return rows as unknown[];
      }),
    );
    const checks = Array.from({ length: 3 }, () => one.checkDrift({ database, upgrade: me }));
    for (const rows of await Promise.all(dirty))
      expect(rows).toEqual([{ name: 'crossfade', wait: '0', clean: true, locks: 0 }]);
    for (const { total } of await Promise.all(checks)) expect(total).toBe(0);
    expect(await sessions()).toEqual(CONTROL);
  });

  test('the thaw is done although the role of migrations can not be dropped meanwhile', async () => {
    const one = worker();
    // No superuser: for that one some connections are reserved.
    await postgres.query('CREATE ROLE boss LOGIN CREATEROLE IN ROLE kong', 'postgres');
    await postgres.query(`ALTER ROLE boss PASSWORD 'postgres'`, 'postgres');
    const plan = { ...withAdmin(database), admin: { user: 'boss', password: { env: 'ADMIN_PASSWORD' } } };
    const { migratorRole } = await one.freezeConfiguration({ database: plan, upgrade: me });
    expect(migratorRole).toMatch(/^crossfade_migrator_/);
    await fill();
    expect(await one.thawConfiguration({ database: plan, upgrade: me })).toMatchObject({
      frozen: false,
      guardedTables: 0,
      migratorRole,
    });
    await one.proveWritable({ database: plan });

    await freeAll();
    expect(await one.thawConfiguration({ database: plan, upgrade: me })).not.toHaveProperty('migratorRole');
  });
});

describe('broken', () => {
  test('while idle: replaced', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    const before = await pidOfControl();
    await kill(before);
    await waitFor('there is a new one', async () => {
      const now = await sessions();
      return now.length === 1 && now[0] === CONTROL[0] && (await pidOfControl()) !== before;
    });
    await fill();
    expect(await one.readFreeze({ database })).toMatchObject({ frozen: true });
  });

  test('while in use: its user is told, and the next one gets another', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    await fill();
    let next: Promise<unknown> | undefined;
    const use = withConnection(one.connect(database), async (client) => {
      next = one.readFreeze({ database });
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await Promise.all([client.query('SELECT pg_sleep(60)'), kill(rows[0]?.pid ?? 0)]);
    });
    await expect(use).rejects.toThrow(/terminat/i);
    expect(await next).toMatchObject({ frozen: true });
    // The server may still be full while the ended one goes: then the next one had none, and a later one gets it.
    await waitFor('there is one again', async () => {
      await one.readFreeze({ database });
      return (await sessions()).join() === CONTROL.join();
    });
  });

  test('while the server is full and somebody else takes its place: as without one, until there is a free one again', async () => {
    const one = worker();
    await one.freezeConfiguration({ database, upgrade: me });
    await fill();
    await postgres.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT ${fillers.length}`, 'postgres');
    await kill(await pidOfControl());
    await waitFor('it is gone', async () => (await sessions()).length === 0);
    await expect(one.readFreeze({ database })).rejects.toMatchObject({ code: 'DatabaseFull' });
    await postgres.query(`ALTER DATABASE ${database.name} CONNECTION LIMIT -1`, 'postgres');
    // One more: the superuser who looks takes one, too.
    await fillers.pop()?.end();
    await waitFor('it is back', async () => (await sessions()).join() === CONTROL.join());
    expect(await one.readFreeze({ database })).toMatchObject({ frozen: true });
  });
});

describe('another worker', () => {
  test('that comes later keeps one as soon as it has touched the database, or was told of it', async () => {
    const [one, second, third] = [worker(), worker(), worker()];
    await one.freezeConfiguration({ database, upgrade: me });
    await one.close();
    expect(await sessions()).toEqual([]);
    await second.readFreeze({ database });
    await third.watch(database);
    expect(await sessions()).toEqual([...CONTROL, ...CONTROL]);
    await fill();
    expect(await third.thawConfiguration({ database, upgrade: me })).toMatchObject({ frozen: false });
  });

  test('that comes in the middle of a bake and has nothing to do there keeps one, too', async () => {
    const [one, second] = [worker(), worker()];
    await one.freezeConfiguration({ database, upgrade: me });
    await one.close();
    const end = keepControl(second, async () => [database]);
    await waitFor('it keeps one', async () => (await sessions()).join() === CONTROL.join());
    end();
    await fill();
    expect(await second.thawConfiguration({ database, upgrade: me })).toMatchObject({ frozen: false });
  });

  test('lifts the freeze: nobody keeps a connection for it any more', async () => {
    const [one, second] = [worker(), worker()];
    await one.freezeConfiguration({ database, upgrade: me });
    await second.thawConfiguration({ database, upgrade: me });
    await waitFor('no session of ours is left', async () => (await sessions()).length === 0);
  });

  test('a database that is not frozen, or can not be reached, is watched for nothing', async () => {
    const one = worker();
    await one.watch(database);
    await one.watch({ ...database, name: 'nowhere' });
    await one.watch({ ...database, password: { env: 'NOT_SET' } });
    expect(await sessions()).toEqual([]);
  });
});
