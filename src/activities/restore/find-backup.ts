import type { ObjectStore } from '../../adapters/object-store/port.ts';
import { chooseBackup } from '../../domain/backups/index.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import { findBackups } from '../backup/find-backups.ts';

/** The key of the manifest of what a person calls a backup. Error `BackupMissing`. */
export async function findBackup(
  store: Pick<ObjectStore, 'get' | 'list'>,
  s3: S3Ref,
  cluster: string,
  typed: string,
  signal?: AbortSignal,
): Promise<string> {
  const found = await findBackups(store, s3, cluster, signal);
  const chosen = chooseBackup(
    typed,
    found.map(({ row }) => row),
  );
  if ('row' in chosen) return chosen.row.manifestKey;
  throw new CrossfadeError('BackupMissing', `No backup of ${cluster} can be restored as "${typed}": ${chosen.fault}.`);
}
