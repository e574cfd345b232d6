import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { choosePlaces, kongDir, url, type NodeName, type Places } from '../../sandbox/demo/addresses.ts';
import { configure, PATH } from '../../sandbox/demo/configure.ts';
import { endNodes } from '../../sandbox/demo/kong.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { startPostgres, type Postgres } from '../../sandbox/servers/postgres.ts';
import { startUpstream } from '../../sandbox/servers/upstream.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createRunner, type ClusterRunner } from '../../src/adapters/cluster/index.ts';
import { createConnect, type Connect } from '../../src/adapters/postgres/connect.ts';
import { runCommand, type CommandResult } from '../../src/adapters/process/index.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import { restoreDatabase, saveDatabase } from '../support/database.ts';

const DIR = fileURLToPath(new URL('../../.sandbox/bench-migrate-impact', import.meta.url));
const PASSWORD = 'kong-password-of-the-benches';
const KEY = 'key-of-the-bench';
/** More keys than requests are sent to one database: none is asked for twice, so each is looked up in it. */
const KEYS = 40_000;

const SECRETS = { KONG_PG_PASSWORD: PASSWORD, PG_ADMIN_PASSWORD: 'postgres' };

/** Two nodes of X on a database with many consumers, and the `kong` of Y. */
export interface Stand {
  readonly dir: string;
  readonly postgres: Postgres;
  readonly database: DatabaseRef;
  readonly connect: Connect;
  readonly proxies: readonly string[];
  readonly x: Side;
  /** Y, with a migration that takes the lock of an `ALTER TABLE` on this table, where one is named. */
  y(locking?: string): Side;
  runner(cluster: Side): ClusterRunner;
  /** The database is as X left it, and X's nodes were just started on it: they remember nobody. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

/** The n-th key. */
export const keyOf = (n: number): string => `key-${n}`;

export async function setUpStand(): Promise<Stand> {
  await endNodes(DIR);
  await endRecorded(DIR);
  rmSync(DIR, { recursive: true, force: true });
  const [postgres, upstream, places] = await Promise.all([
    startPostgres({ dir: join(DIR, 'postgres'), password: PASSWORD, adminPassword: SECRETS.PG_ADMIN_PASSWORD }),
    startUpstream({ dir: join(DIR, 'upstream') }),
    choosePlaces(DIR),
  ]);
  const database: DatabaseRef = {
    host: postgres.host,
    port: postgres.port,
    name: 'kong',
    user: 'kong',
    password: { env: 'KONG_PG_PASSWORD' },
    admin: { user: 'postgres', password: { env: 'PG_ADMIN_PASSWORD' } },
  };
  const secrets = createSecrets(SECRETS);
  const create = createRunner({ secrets, run: runCommand, environment: { ...process.env, ...SECRETS } });
  const x = sideOf('3.4.2', ['x1', 'x2'], places);
  const runner = (cluster: Side) => create(cluster, database);

  const startX = () =>
    Promise.all(
      x.nodes.map(async (node) => {
        done(`kong start of ${node.name}`, await runner(x).start(node));
        await waitFor(`${node.name} proxies`, async () => (await ask(node.proxy)).ok, { timeoutMs: 30_000 });
      }),
    );
  const stop = async () => {
    await endNodes(DIR);
    await Promise.all([upstream.stop(), postgres.stop()]);
  };

  try {
    done('kong migrations bootstrap', await runner(x).kong(['migrations', 'bootstrap'], { timeoutMs: 120_000 }));
    for (const node of x.nodes) done('kong start', await runner(x).start(node));
    const proxies = x.nodes.map(({ proxy }) => proxy);
    await configure(x.nodes[0]?.admin ?? '', proxies, upstream.url, KEY);
    await endNodes(DIR);
    await postgres.query(CONSUMERS);
    await saveDatabase(postgres);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    dir: DIR,
    postgres,
    database,
    connect: createConnect(secrets),
    proxies: x.nodes.map(({ proxy }) => proxy),
    x,
    y: (locking) => sideOf('3.9.1', ['y1'], places, locking),
    runner,
    async reset() {
      await endNodes(DIR);
      rmSync(kongDir(DIR), { recursive: true, force: true });
      await restoreDatabase(postgres);
      await startX();
    },
    stop,
  };
}

/** As a superuser, without Kong's triggers. */
const CONSUMERS = `SET session_replication_role = replica;
  INSERT INTO consumers (id, ws_id, username)
    SELECT md5('consumer-' || n)::uuid, w.id, 'consumer-' || n FROM generate_series(1, ${KEYS}) AS n, workspaces AS w;
  INSERT INTO keyauth_credentials (id, ws_id, consumer_id, key)
    SELECT md5('credential-' || n)::uuid, w.id, md5('consumer-' || n)::uuid, 'key-' || n
      FROM generate_series(1, ${KEYS}) AS n, workspaces AS w;
  RESET session_replication_role; ANALYZE`;

function sideOf(version: string, names: readonly NodeName[], places: Places, locking?: string): Side {
  const kong = fileURLToPath(new URL(`../../sandbox/kong/${version}/kong`, import.meta.url));
  const nodes = names.map((name) => {
    const { proxy, admin, status, prefix } = places.nodes[name];
    const env = {
      KONG_PROXY_LISTEN: `127.0.0.1:${proxy}`,
      KONG_ADMIN_LISTEN: `127.0.0.1:${admin}`,
      KONG_STATUS_LISTEN: `127.0.0.1:${status}`,
      KONG_ADMIN_GUI_LISTEN: 'off',
      KONG_NGINX_WORKER_PROCESSES: '1',
    };
    return { name, proxy: url(proxy), admin: url(admin), status: url(status), prefix, env };
  });
  return {
    version,
    runs: { on: 'local', host: 'here', kong, env: locking === undefined ? {} : faults(places.dir, locking) },
    nodes,
    admin: { headers: {} },
  };
}

function faults(dir: string, table: string): Record<string, string> {
  const file = join(dir, `locks-${table}.json`);
  writeFileSync(file, JSON.stringify({ migrations: { locks: { '021_340_to_350': table } } }));
  return { KONG_STANDIN_FAULTS: file };
}

const ask = (proxy: string): Promise<Response> => fetch(`${proxy}${PATH}`, { headers: { apikey: KEY } });

function done(what: string, { exitCode, stdout, stderr }: CommandResult): void {
  if (exitCode !== 0) throw new Error(`${what} failed (exit code ${exitCode}): ${`${stdout}${stderr}`.trim()}`);
}
