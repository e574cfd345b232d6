import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { commandLine, groupMembers } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { kongOf, nodeAt, sideOf, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';
import { migrateActivities, migratorRole, record } from './fixture.ts';

let kong: Kong;
beforeAll(async () => void (kong = await startKongDatabases()));
afterAll(() => kong.stop());

const slow = (sleepMs: number): string => {
  const file = join(kong.dir, `slow-${sleepMs}.json`);
  writeFileSync(file, JSON.stringify({ migrations: { sleepMs } }));
  return file;
};

async function begin(env: Record<string, string> = {}) {
  const database = await kong.database('3.4.2');
  const cluster = sideOf('3.9.1', [nodeAt('n1', '/nowhere', [1, 2, 3])], env);
  return {
    database,

    activities: migrateActivities(),
    input: { cluster, database, upgrade: upgrade() },
  };
}

const recorded = async (database: DatabaseRef): Promise<unknown[]> =>
  sql(database, `SELECT subsystem FROM schema_meta WHERE '021_340_to_350' = ANY (executed)`);

/** A child of this very process, by its command line. */
const childWith = (words: string): number | undefined =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => parentOf(pid) === process.pid && commandLine(pid).includes(words));

function parentOf(pid: number): number | undefined {
  try {
    return Number(/^.*\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** The same command as the activity's, of a worker that is gone: it noted that it began, and nobody waits for the command. */
async function orphan({ database, input }: Awaited<ReturnType<typeof begin>>, sleepMs: number): Promise<number> {
  const todo = ['core/021_340_to_350', 'core/022_350_to_360', 'core/023_360_to_370', 'core/024_380_to_390'];
  const plugins = ['acme/003_350_to_360', 'ai-proxy/001_360_to_370', 'opentelemetry/001_331_to_332'];
  const limiting = ['rate-limiting/006_350_to_360', 'response-ratelimiting/001_350_to_360'];
  await record.begin(database, input.upgrade, 'up', [...todo, ...plugins, ...limiting], { to: '3.9.1' });
  const { user, password } = await migratorRole.open(database);
  const env = {
    PATH: process.env['PATH'],
    KONG_PREFIX: join(kong.dir, 'orphan'),
    KONG_PG_HOST: database.host,
    KONG_PG_PORT: String(database.port),
    KONG_PG_DATABASE: database.name,
    KONG_STANDIN_FAULTS: slow(sleepMs),
    KONG_PG_USER: user,
    KONG_PG_PASSWORD: password,
  };
  const args = ['migrations', 'up', '--db-timeout', '3600', '--lock-timeout', '900'];
  const child = spawn(kongOf('3.9.1'), args, { env, detached: true, stdio: 'ignore' });
  await once(child, 'spawn');
  await waitFor('the orphan has begun', async () => (await recorded(database)).length > 0);
  return child.pid as number;
}

test('"up" is killed in the middle: nothing of it is left, and the next attempt completes it at once', async () => {
  const started = await begin({ KONG_STANDIN_FAULTS: slow(500) });
  const first = started.activities.migrateUp(started.input);
  first.catch(() => undefined);
  await waitFor('up has begun', async () => (await recorded(started.database)).length > 0);
  const group = childWith('migrations up') as number;
  process.kill(-group, 'SIGKILL');
  await expect(first).rejects.toMatchObject({
    code: 'MigrationFailed',
    message: expect.stringContaining('ended by a signal'),
  });
  expect(groupMembers(group)).toEqual([]);
  expect(await sql(started.database, 'SELECT FROM locks')).toEqual([]);

  const { after, ran } = await started.activities.migrateUp(started.input);
  expect(after.state).toBe('pending');
  expect(ran).toHaveLength(9);
});

test('only the first process of "up" is killed: the rest is ended as well', async () => {
  const started = await begin({ KONG_STANDIN_FAULTS: slow(500) });
  const first = started.activities.migrateUp(started.input);
  first.catch(() => undefined);
  await waitFor('up has begun', async () => (await recorded(started.database)).length > 0);
  const group = childWith('migrations up') as number;
  process.kill(group, 'SIGKILL');
  await expect(first).rejects.toMatchObject({ code: 'MigrationFailed' });
  expect(groupMembers(group)).toEqual([]);
});

test('the worker died and its "up" goes on: the next attempt waits for it and has nothing left to do', async () => {
  const started = await begin();
  const pid = await orphan(started, 300);
  const { before, after, ran } = await started.activities.migrateUp(started.input);
  expect(groupMembers(pid)).toEqual([]);
  expect(before).toEqual(after);
  expect(after.state).toBe('pending');
  expect(ran).toHaveLength(9);
});

test('the worker and its "up" died: the lock that is left is removed, and the next attempt completes it', async () => {
  const started = await begin();
  process.kill(-(await orphan(started, 500)), 'SIGKILL');
  expect(await sql(started.database, `SELECT key FROM locks`)).toEqual([{ key: 'migrations' }]);
  const { after } = await started.activities.migrateUp(started.input);
  expect(after.state).toBe('pending');
  expect(await sql(started.database, 'SELECT FROM locks')).toEqual([]);
});

test('a lock that somebody took with the usual time-out is never removed', async () => {
  const started = await begin();
  await record.begin(started.database, started.input.upgrade, 'finish', [], { to: '3.9.1' });
  await started.activities.migrateUp(started.input);
  await sql(started.database, `INSERT INTO locks VALUES ('migrations', 'a person', now() + interval '60 seconds')`);
  await expect(started.activities.migrateFinish(started.input)).rejects.toMatchObject({ code: 'MigrationAborted' });
  expect(await sql(started.database, 'SELECT owner FROM locks')).toEqual([{ owner: 'a person' }]);
});
