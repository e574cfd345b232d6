import { fileURLToPath } from 'node:url';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createRunner } from '../../src/adapters/cluster/index.ts';
import { createConnect, withConnection, type Connect } from '../../src/adapters/postgres/connect.ts';
import { runCommand } from '../../src/adapters/process/index.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { startPostgres, type Postgres, type PostgresOptions } from '../../sandbox/servers/postgres.ts';
import { removeFolder } from '../../sandbox/folder.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const PASSWORD = 'a-password-of-kong';

/** The `kong` command of a version: the stand-in. */
export const kongOf = (version: string): string =>
  fileURLToPath(new URL(`../../sandbox/kong/${version}/kong`, import.meta.url));

const environment = {
  ...process.env,
  KONG_DB_PASSWORD: PASSWORD,
  ADMIN_PASSWORD: 'postgres',
  S3_SECRET: 'sandbox-secret',
};
export const secrets = createSecrets(environment);
export const connect: Connect = createConnect(secrets);
export const runner = createRunner({ secrets, run: runCommand, environment });

export const upgrade = (runId = 'run-1'): UpgradeRef => ({
  cluster: 'payments',
  workflowId: 'kong/payments',
  runId,
  startedAt: '2026-01-01T00:00:00.000Z',
});

export const nodeAt = (name: string, prefix: string, ports: readonly [number, number, number]): KongNode => {
  const [proxy, admin, status] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
  const listen = (port: number) => `127.0.0.1:${port}`;
  return {
    name,
    proxy,
    admin,
    status,
    prefix,
    env: {
      KONG_PROXY_LISTEN: listen(ports[0]),
      KONG_ADMIN_LISTEN: listen(ports[1]),
      KONG_STATUS_LISTEN: listen(ports[2]),
      KONG_ADMIN_GUI_LISTEN: 'off',
    },
  };
};

export async function makeNode(dir: string, name: string): Promise<KongNode> {
  return nodeAt(name, join(dir, name), [await freePort(), await freePort(), await freePort()]);
}

export const sideOf = (
  version: string,
  nodes: readonly KongNode[],
  env: Record<string, string> = {},
  kong = kongOf(version),
): Side => ({ version, runs: { on: 'local', host: 'here', kong, env }, nodes: [...nodes], admin: { headers: {} } });

export interface Kong {
  readonly dir: string;
  readonly postgres: Postgres;
  /** A new database, bootstrapped by a version. */
  database(version: string): Promise<DatabaseRef>;
  stop(): Promise<void>;
}

/** A real PostgreSQL with databases that the stand-in has bootstrapped. */
export async function startKongDatabases(options: Pick<PostgresOptions, 'maxConnections'> = {}): Promise<Kong> {
  const root = mkdtempSync(join(tmpdir(), 'crossfade-test-'));
  const postgres = await startPostgres({ dir: join(root, 'postgres'), password: PASSWORD, ...options });
  const templates = new Set<string>();
  let count = 0;
  const refOf = (name: string): DatabaseRef => ({
    host: postgres.host,
    port: postgres.port,
    name,
    user: 'kong',
    password: { env: 'KONG_DB_PASSWORD' },
    admin: { user: 'postgres', password: { env: 'ADMIN_PASSWORD' } },
  });

  return {
    dir: root,
    postgres,
    async database(version) {
      const template = `template_${version.replaceAll('.', '_')}`;
      if (!templates.has(template)) {
        await postgres.createDatabase(template, 'kong');
        const side = sideOf(version, [nodeAt('bootstrap', join(root, 'bootstrap'), [1, 2, 3])]);
        const result = await runner(side, refOf(template)).kong(['migrations', 'bootstrap'], { timeoutMs: 60_000 });
        if (result.exitCode !== 0) throw new Error(`bootstrap: ${result.stdout}${result.stderr}`);
        templates.add(template);
      }
      const name = `kong_${(count += 1)}`;
      await postgres.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER kong`, 'postgres');
      return refOf(name);
    },
    async stop() {
      await postgres.stop();
      await removeFolder(join(root, 'postgres'));
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** Runs SQL as Kong's own role. */
export const sql = (database: DatabaseRef, text: string): Promise<Record<string, unknown>[]> =>
  withConnection(connect(database), async (client) => (await client.query(text)).rows as Record<string, unknown>[]);

/** Activities that fail on purpose are not news. */
export const quietEnvironment = (): MockActivityEnvironment =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });

/** Runs an activity as a worker would. */
export const asActivity = <T>(activity: () => Promise<T>): Promise<T> => quietEnvironment().run(activity);
