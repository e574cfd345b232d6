import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { removeFolder } from '../../sandbox/folder.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { startPostgres, type Postgres } from '../../sandbox/servers/postgres.ts';
import { startS3 } from '../../sandbox/servers/s3.ts';
import { runCommand } from '../../src/adapters/process/index.ts';
import type { DatabaseRef, S3Ref } from '../../src/domain/plan/index.ts';
import { fill } from './content.ts';

const DIR = fileURLToPath(new URL('../../.sandbox/bench-backup', import.meta.url));
const PASSWORD = 'kong-password-of-the-benches';
const KONG = fileURLToPath(new URL('../../sandbox/kong/3.6.1/kong', import.meta.url));

export interface Stand {
  readonly s3: S3Ref;
  /** Where a plain dump goes. */
  readonly file: string;
  readonly environment: NodeJS.ProcessEnv;
  /** A database of Kong whose dump has about so many megabytes. */
  makeDatabase(megabytes: number): Promise<DatabaseRef>;
  dropDatabase(database: DatabaseRef): Promise<void>;
  stop(): Promise<void>;
}

/** A PostgreSQL and an S3 server that do nothing else. */
export async function startStand(): Promise<Stand> {
  await endRecorded(DIR);
  rmSync(DIR, { recursive: true, force: true });
  mkdirSync(DIR, { recursive: true });
  const [postgres, store] = await Promise.all([
    startPostgres({ dir: join(DIR, 'postgres'), password: PASSWORD }),
    startS3({ dir: join(DIR, 's3'), buckets: ['backups'] }),
  ]);
  return {
    s3: {
      ...{ bucket: 'backups', prefix: 'bench', region: store.region, endpoint: store.endpoint, pathStyle: true },
      ...{ accessKeyId: store.accessKeyId, secretAccessKey: { env: 'S3_SECRET' } },
    },
    file: join(DIR, 'plain.dump'),
    environment: {
      PATH: process.env['PATH'],
      KONG_PG_PASSWORD: PASSWORD,
      ADMIN_PASSWORD: postgres.admin.password,
      S3_SECRET: store.secretAccessKey,
    },

    async makeDatabase(megabytes) {
      const name = `kong_${megabytes}`;
      await postgres.createDatabase(name, 'kong');
      await bootstrap(postgres, name);
      await postgres.query(fill(megabytes), name);
      // Autovacuum would come in the middle of the first rounds.
      await postgres.query('VACUUM ANALYZE', name);
      await postgres.query('CHECKPOINT', name);
      return {
        ...{ host: postgres.host, port: postgres.port, name, user: 'kong', password: { env: 'KONG_PG_PASSWORD' } },
        admin: { user: postgres.admin.user, password: { env: 'ADMIN_PASSWORD' } },
      };
    },

    async dropDatabase({ name }) {
      await postgres.query(`DROP DATABASE ${name} WITH (FORCE)`, 'postgres');
    },

    async stop() {
      await store.stop();
      await postgres.stop();
      // Gigabytes that nobody looks at.
      await removeFolder(join(DIR, 'postgres'));
      await removeFolder(join(DIR, 's3'));
      rmSync(join(DIR, 'plain.dump'), { force: true });
    },
  };
}

async function bootstrap({ host, port }: Postgres, database: string): Promise<void> {
  const env = {
    PATH: process.env['PATH'] ?? '',
    KONG_PREFIX: join(DIR, 'kong'),
    KONG_PG_HOST: host,
    KONG_PG_PORT: String(port),
    KONG_PG_USER: 'kong',
    KONG_PG_PASSWORD: PASSWORD,
    KONG_PG_DATABASE: database,
  };
  const result = await runCommand([KONG, 'migrations', 'bootstrap'], { env, timeout: 120_000 });
  if (result.exitCode !== 0) throw new Error(`kong migrations bootstrap: ${result.stdout}${result.stderr}`);
}
