import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { readManifest } from '../../src/activities/backup/documents.ts';
import type { BackupRef, StoredObject } from '../../src/domain/backup.ts';
import type { DatabaseRef, Encrypt } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { CONTENT, fingerprints, PASSWORD, sql, upgrade } from '../freeze/fixture.ts';
import { backupActivities, realDeps, startServers, store, type Servers } from './fixture.ts';

/** A database of Kong 3.6.1 with some content, new for each test, and what is done to back it up. */
export interface Backups {
  readonly servers: Servers;
  readonly database: DatabaseRef;
  readonly me: UpgradeRef;
  /** The same database, for another upgrade. */
  next(): void;
  dump(how?: { encrypt?: Encrypt; leaveOut?: string[] }): Promise<StoredObject>;
  fingerprint(): Promise<string>;
  seal(objects: readonly StoredObject[], how?: { encrypt?: Encrypt }): Promise<BackupRef>;
  drill(ref: BackupRef, how?: { encrypt?: Encrypt; on?: DatabaseRef }): Promise<BackupRef>;
  /** Objects of the S3 server are files. */
  fileOf(key: string): string;
  inScratch<T>(ref: BackupRef, use: (copy: DatabaseRef) => Promise<T>): Promise<T>;
  scratchNames(): Promise<unknown[]>;
  /** Restores what a command gives into a new database, as Kong's own role. */
  byHand(name: string, command: string): Promise<DatabaseRef>;
}

/** For one test file: starts the servers, and stops them. */
export function useBackups(): Backups {
  const backup = backupActivities();
  let servers: Servers;
  let database: DatabaseRef;
  let run = 0;
  let me = upgrade();

  beforeAll(async () => void (servers = await startServers()));
  afterAll(() => servers.stop());
  beforeEach(async () => {
    next();
    database = await servers.kong.database('3.6.1');
    await sql(database, CONTENT);
  });

  const next = () => void (me = upgrade(`run-${(run += 1)}`));
  const fingerprint = async () => (await fingerprints.compute(database)).whole;

  return {
    get servers() {
      return servers;
    },
    get database() {
      return database;
    },
    get me() {
      return me;
    },
    next,
    fingerprint,
    dump: (how = {}) =>
      backup.dumpDatabase({ database, s3: servers.ref, upgrade: me, label: 'before', leaveOut: [], ...how }),
    seal: async (objects, how = {}) =>
      backup.sealBackup({
        ...{ s3: servers.ref, upgrade: me, label: 'before', objects, versions: { x: '3.6.1' } },
        startedAt: me.startedAt,
        fingerprint: await fingerprint(),
        ...how,
      }),
    drill: (ref, how = {}) => backup.drillRestore({ database, s3: servers.ref, upgrade: me, backup: ref, ...how }),
    fileOf: (key) => join(servers.kong.dir, 's3/objects/backups', key),
    inScratch: async ({ manifestKey }, use) =>
      realDeps.restore.inScratch(
        { s3: servers.ref },
        await readManifest(store, servers.ref, manifestKey),
        { on: database, manifestKey, purpose: 'test' },
        { signal: new AbortController().signal },
        use,
      ),
    async scratchNames() {
      const names = "SELECT datname FROM pg_database WHERE datname LIKE 'crossfade_scratch%'";
      return (await servers.kong.postgres.query(names, 'postgres')).map((row) => row['datname']);
    },
    async byHand(name, command) {
      const { postgres } = servers.kong;
      await postgres.createDatabase(name, 'kong');
      const typed = `${command} | "${join(postgres.binDir, 'pg_restore')}" --exit-on-error -d ${name} 2>&1`;
      const login = { PGHOST: postgres.host, PGPORT: String(postgres.port), PGUSER: 'kong', PGPASSWORD: PASSWORD };
      const env = { PATH: process.env['PATH'], ...login };
      expect(execFileSync('sh', ['-c', typed], { env, encoding: 'utf8' })).toBe('');
      return { ...database, name };
    },
  };
}
