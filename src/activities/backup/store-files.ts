import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { BackupFiles } from '../../adapters/files/index.ts';
import { backupKeys } from '../../domain/backup.ts';
import type { BackupActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';

export interface StoreFilesDeps {
  readonly objects: BackupObjects;
  readonly files: BackupFiles;
}

type StoreFiles = BackupActivities['storeFiles'];

export const createStoreFiles =
  ({ objects, files }: StoreFilesDeps): StoreFiles =>
  async ({ host, files: paths, s3, encrypt, upgrade, label }) => {
    if (paths.length === 0) return undefined;
    await files.requireAll(paths);
    const keys = backupKeys(s3.prefix, upgrade, label);
    const object = { kind: 'files', key: keys.files(host), source: host, compress: true } as const;
    const how = { onContent: (bytes: number) => reportProgress({ bytes }), signal: cancellationSignal() };
    return objects.write({ s3, encrypt }, object, files.archive(paths), how);
  };
