import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DatabaseDump } from '../../adapters/postgres/dump.ts';
import { backupKeys } from '../../domain/backup.ts';
import type { BackupActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';
import { writeJson } from './documents.ts';

export interface DumpDatabaseDeps {
  readonly store: ObjectStore;
  readonly objects: BackupObjects;
  readonly dump: DatabaseDump;
}

type DumpDatabase = BackupActivities['dumpDatabase'];

export const createDumpDatabase =
  ({ store, objects, dump }: DumpDatabaseDeps): DumpDatabase =>
  ({ database, upgrade, label, s3, encrypt }) => {
    const keys = backupKeys(s3.prefix, upgrade, label);
    const object = { kind: 'database', key: keys.dump, source: database.name, compress: false } as const;
    const how = { onContent: (bytes: number) => reportProgress({ bytes }), signal: cancellationSignal() };
    return dump.run(
      database,
      upgrade.cluster,
      async (body, facts) => {
        const stored = await objects.write({ s3, encrypt }, object, body, how);
        await writeJson(store, s3, keys.facts, facts);
        return stored;
      },
      cancellationSignal(),
    );
  };
