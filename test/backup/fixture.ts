import { join } from 'node:path';
import { createBackupActivities, type BackupDeps } from '../../src/activities/backup/index.ts';
import { createBackupObjects } from '../../src/adapters/backup-objects/index.ts';
import { createDeck } from '../../src/adapters/deck/deck.ts';
import { createKeyring } from '../../src/adapters/kong/keyring.ts';
import { backupFiles } from '../../src/adapters/files/index.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import { createDatabaseDump } from '../../src/adapters/postgres/dump.ts';
import { createDumpComparison } from '../../src/adapters/postgres/dump-comparison.ts';
import { createPostgresPrograms } from '../../src/adapters/postgres/programs.ts';
import { createDumpRestore } from '../../src/adapters/postgres/restore.ts';
import { createScratchDatabases } from '../../src/adapters/postgres/scratch.ts';
import { createConnect } from '../../src/adapters/postgres/connect.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef, S3Ref } from '../../src/domain/plan/index.ts';
import { startS3, type S3 } from '../../sandbox/servers/s3.ts';
import { inActivity, PASSWORD, sql, startKongDatabases, type Kong } from '../freeze/fixture.ts';

export const ADMIN_TOKEN = 'token-of-the-admin-api';

export const secrets = createSecrets({
  KONG_DB_PASSWORD: PASSWORD,
  ADMIN_PASSWORD: 'postgres',
  S3_SECRET: 'sandbox-secret',
  WRONG: 'not-the-secret',
  ADMIN_TOKEN,
});
const path = process.env['PATH'] ?? '';
export const connect = createConnect(secrets);
export const store = createS3Store(secrets);
export const lock = createAdvisoryLock(connect);
const programs = createPostgresPrograms(path);
export const scratch = createScratchDatabases(connect);

/** What the activities need, with objects in this store. */
export function depsOn(store: ObjectStore): BackupDeps {
  const objects = createBackupObjects(store, secrets);
  return {
    store,
    objects,
    dump: createDatabaseDump({ connect, secrets, programs, lock, path }),
    restore: createDumpRestore({ connect, secrets, programs, objects, scratch, path }),
    comparison: createDumpComparison(connect),
    deck: createDeck(secrets, { PATH: path, HOME: process.env['HOME'] ?? '/' }),
    files: backupFiles,
    keyring: createKeyring(secrets),
    hasRunEnded: () => Promise.resolve(true),
  };
}

/** The activities, each run as a worker would, with something else in place of a port where a test asks for it. */
export const backupActivities = (overrides: Partial<BackupDeps> = {}) =>
  inActivity(createBackupActivities({ ...depsOn(overrides.store ?? store), ...overrides }));

export const realDeps = depsOn(store);

export interface Servers {
  readonly kong: Kong;
  readonly s3: S3;
  readonly ref: S3Ref;
  stop(): Promise<void>;
}

export async function startServers(): Promise<Servers> {
  const kong = await startKongDatabases();
  const s3 = await startS3({ dir: join(kong.dir, 's3'), buckets: ['backups'], secretAccessKey: 'sandbox-secret' });
  return {
    kong,
    s3,
    ref: {
      bucket: 'backups',
      prefix: 'crossfade',
      region: s3.region,
      endpoint: s3.endpoint,
      pathStyle: true,
      accessKeyId: s3.accessKeyId,
      secretAccessKey: { env: 'S3_SECRET' },
    },
    async stop() {
      await s3.stop();
      await kong.stop();
    },
  };
}

/** Fills a table with rows of half a megabyte that hardly compress. */
export const makeLarge = (database: DatabaseRef, rows: number) =>
  sql(
    database,
    `INSERT INTO ca_certificates (id, cert, cert_digest)
       SELECT gen_random_uuid(), (SELECT string_agg(md5(random()::text || m || n), '') FROM generate_series(1, 15000) m), n::text
         FROM generate_series(1, ${rows}) n`,
  );

/** What is stored under a key, as text. */
export async function readObject(s3: S3Ref, key: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of await store.get(s3, key)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A stream of these chunks; an error among them is thrown. */
export async function* bytes(...chunks: (string | Uint8Array | Error)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await Promise.resolve();
    if (chunk instanceof Error) throw chunk;
    yield Buffer.from(chunk as string);
  }
}
