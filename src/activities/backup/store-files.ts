import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { BackupFiles } from '../../adapters/files/index.ts';
import { backupKeys } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';
import { chooseFiles } from './choose-files.ts';

export interface StoreFilesDeps {
  readonly objects: BackupObjects;
  readonly files: BackupFiles;
}

type StoreFiles = BackupActivities['storeFiles'];

export const createStoreFiles =
  ({ objects, files }: StoreFilesDeps): StoreFiles =>
  async ({ host, files: named, prefixes, s3, encrypt, upgrade, label }) => {
    const from = { files: named, prefixes, encrypted: encrypt !== undefined };
    const { entries, missing, refused } = await chooseFiles(files, from, cancellationSignal());
    if (missing.length > 0)
      throw new CrossfadeError('FilesMissing', `Can't be backed up on ${host}: ${missing.join(', ')}.`);
    if (refused.length > 0)
      throw new CrossfadeError(
        'FilesNotEncrypted',
        `Not stored without encryption, on ${host}: ${refused.join(', ')}.`,
      );
    if (entries.length === 0) return undefined;
    const keys = backupKeys(s3.prefix, upgrade, label);
    const object = { kind: 'files', key: keys.files(host), source: host, compress: true } as const;
    const how = { onContent: reportBytes(`storing the files of ${host}`), signal: cancellationSignal() };
    return objects.write({ s3, encrypt }, object, files.archive(entries), how);
  };
