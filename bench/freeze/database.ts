import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeFolder } from '../../sandbox/folder.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { startPostgres, type Postgres } from '../../sandbox/servers/postgres.ts';
import { runCommand } from '../../src/adapters/process/index.ts';
import { createConnect, type Connect } from '../../src/adapters/postgres/connect.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { fill } from './content.ts';

const DIR = fileURLToPath(new URL('../../.sandbox/bench-freeze', import.meta.url));
const PASSWORD = 'kong-password-of-the-benches';
const KONG = fileURLToPath(new URL('../../sandbox/kong/3.6.1/kong', import.meta.url));

export interface LargeDatabase {
  readonly dir: string;
  readonly postgres: Postgres;
  readonly database: DatabaseRef;
  readonly connect: Connect;
  stop(): Promise<void>;
}

/** A PostgreSQL with room for many connections, and in it a database of Kong with so many entities. */
export async function setUpDatabase(entities: number): Promise<LargeDatabase> {
  await endRecorded(DIR);
  rmSync(DIR, { recursive: true, force: true });
  const postgres = await startPostgres({ dir: join(DIR, 'postgres'), password: PASSWORD, maxConnections: 300 });
  const database = {
    host: postgres.host,
    port: postgres.port,
    name: 'kong',
    user: 'kong',
    password: { env: 'KONG_PG_PASSWORD' },
  };
  try {
    await bootstrap(postgres);
    await postgres.query(fill(entities));
    // Autovacuum would come in the middle of the first rounds.
    await postgres.query('VACUUM ANALYZE');
    await postgres.query('CHECKPOINT');
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  return {
    dir: DIR,
    postgres,
    database,
    connect: createConnect(createSecrets({ KONG_PG_PASSWORD: PASSWORD })),
    async stop() {
      await postgres.stop();
      // A gigabyte that nobody looks at.
      await removeFolder(join(DIR, 'postgres'));
    },
  };
}

async function bootstrap({ host, port }: Postgres): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    KONG_PREFIX: join(DIR, 'kong'),
    KONG_PG_HOST: host,
    KONG_PG_PORT: String(port),
    KONG_PG_USER: 'kong',
    KONG_PG_PASSWORD: PASSWORD,
    KONG_PG_DATABASE: 'kong',
  };
  const result = await runCommand([KONG, 'migrations', 'bootstrap'], { env, timeout: 120_000 });
  if (result.exitCode !== 0) throw new Error(`kong migrations bootstrap: ${result.stdout}${result.stderr}`);
}
