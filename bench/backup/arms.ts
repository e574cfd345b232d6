// What is compared. Each runs in a process of its own (`process.ts`), which does nothing else.
import { MockActivityEnvironment } from '@temporalio/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, rmSync, statSync } from 'node:fs';
import { createDumpDatabase } from '../../src/activities/backup/dump-database.ts';
import { createBackupObjects } from '../../src/adapters/backup-objects/index.ts';
import { createS3Store } from '../../src/adapters/object-store/s3.ts';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import { createConnect, withConnection } from '../../src/adapters/postgres/connect.ts';
import { createDatabaseDump } from '../../src/adapters/postgres/dump.ts';
import { programEnvironment } from '../../src/adapters/postgres/program-environment.ts';
import { createPostgresPrograms } from '../../src/adapters/postgres/programs.ts';
import { createDumpRestore } from '../../src/adapters/postgres/restore.ts';
import { createScratchDatabases } from '../../src/adapters/postgres/scratch.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { readDumpFacts, writeJson } from '../../src/activities/backup/documents.ts';
import { backupKeys, type BackupManifest, type StoredObject } from '../../src/domain/backup.ts';
import type { DatabaseRef, S3Ref } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';

export interface Job {
  readonly arm: 'crossfade' | 'plain' | 'limit' | 'restore' | 'plainRestore';
  readonly database: DatabaseRef;
  readonly s3: S3Ref;
  readonly upgrade: UpgradeRef;
  /** Of the plain dump. */
  readonly file: string;
  /** What Crossfade has stored, for a restore. */
  readonly stored?: StoredObject;
}

/** What an arm says of itself. `ms`: where it leaves out a part of its own work. */
export interface Outcome {
  readonly stored?: StoredObject;
  readonly bytes?: number;
  readonly ms?: number;
}

export function createArms(job: Job) {
  const path = process.env['PATH'] ?? '';
  const secrets = createSecrets(process.env);
  const connect = createConnect(secrets);
  const programs = createPostgresPrograms(path);
  const store = createS3Store(secrets);
  const objects = createBackupObjects(store, secrets);
  const dump = createDatabaseDump({ connect, secrets, programs, lock: createAdvisoryLock(connect), path });
  const scratch = createScratchDatabases(connect);
  const restore = createDumpRestore({ connect, secrets, programs, objects, scratch, path });
  const { database, s3, upgrade, file } = job;

  async function program(name: 'pg_dump' | 'pg_restore', args: readonly string[], on = database): Promise<void> {
    const { path: command } = await programs.find(name, 0);
    const env = programEnvironment(secrets, on, path);
    const child = spawn(command, ['--no-password', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`${name} ended with ${code}.`);
  }

  return {
    /** A worker has been running for a while when it begins: its code is loaded. */
    async warmUp(): Promise<void> {
      await writeJson(store, s3, 'warm-up.json', {});
      await withConnection(connect(database), (client) => client.query('SELECT 1'));
    },

    /** The activity, as the worker runs it. */
    async crossfade(): Promise<Outcome> {
      const activity = createDumpDatabase({ store, objects, dump });
      const input = { database, s3, upgrade, label: 'before' as const, leaveOut: [] };
      const stored = (await new MockActivityEnvironment().run(activity, input)) as StoredObject;
      return { stored, bytes: stored.size };
    },

    /** (a): a dump into a file, compressed as `pg_dump` does by default, then an upload of the file by the same client. */
    async plain(): Promise<Outcome> {
      await program('pg_dump', ['--format=custom', '--no-sync', `--file=${file}`]);
      await store.put(s3, 'plain.dump', createReadStream(file, { highWaterMark: 1024 * 1024 }));
      return { bytes: statSync(file).size };
    },

    /** (b): as fast as `pg_dump` can be. */
    async limit(): Promise<Outcome> {
      await program('pg_dump', ['--format=custom', '--compress=0']);
      return {};
    },

    /** Into a scratch database, with everything that it needs but its removal. */
    async restore(): Promise<Outcome> {
      if (job.stored === undefined) throw new Error('There is nothing to restore.');
      const facts = await readDumpFacts(store, s3, backupKeys(s3.prefix, upgrade, 'before').facts);
      const manifest = { objects: [job.stored], database: facts } as unknown as BackupManifest;
      const where = { on: database, manifestKey: 'bench', purpose: 'bench' };
      const signal = new AbortController().signal;
      const began = performance.now();
      const ms = await restore.inScratch({ s3 }, manifest, where, { signal }, () =>
        Promise.resolve(performance.now() - began),
      );
      return { ms };
    },

    /** `pg_restore` from the plain dump, into a scratch database too. */
    async plainRestore(): Promise<Outcome> {
      const began = performance.now();
      const ms = await scratch.use(database, 'crossfade_scratch_bench_plain', 'UTF8', async (copy) => {
        await program(
          'pg_restore',
          ['--exit-on-error', '--no-owner', '--no-privileges', `--dbname=${copy.name}`, file],
          copy,
        );
        return performance.now() - began;
      });
      rmSync(file);
      return { ms };
    },
  };
}
