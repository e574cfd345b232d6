import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DatabaseDump } from '../../adapters/postgres/dump.ts';
import { backupKeys } from '../../domain/backup.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';
import { writeJson } from './documents.ts';

export interface DumpDatabaseDeps {
  readonly store: ObjectStore;
  readonly objects: BackupObjects;
  readonly dump: DatabaseDump;
}

type DumpDatabase = BackupActivities['dumpDatabase'];

/** Bytes stored for each byte that the tables take on the server's disk, at most: text is larger, and compressed. */
const AT_MOST = 2;

export const createDumpDatabase =
  ({ store, objects, dump }: DumpDatabaseDeps): DumpDatabase =>
  ({ database, leaveOut, upgrade, label, s3, encrypt }) => {
    const keys = backupKeys(s3.prefix, upgrade, label);
    const signal = cancellationSignal();
    return dump.run(
      database,
      { cluster: upgrade.cluster, leaveOut },
      async ({ content, estimate, facts }) => {
        // A `retry` writes over what an earlier manifest tells of: until the new one is there, this is no whole backup.
        await store.remove(s3, [keys.manifest, keys.drill], signal);
        const object = { kind: 'database', key: keys.dump, source: database.name, compress: true } as const;
        const atMost = AT_MOST * estimate;
        const onContent = reportBytes(`dumping ${database.name}`, estimate);
        const stored = await objects.write({ s3, encrypt }, { ...object, atMost }, content, { onContent, signal });
        await writeJson(store, s3, keys.facts, await facts);
        return stored;
      },
      signal,
    );
  };
