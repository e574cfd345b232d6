import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { BackupActivities } from '../contract.ts';

export interface ExportKeyringDeps {
  readonly objects: BackupObjects;
}

type ExportKeyring = BackupActivities['exportKeyring'];

export const createExportKeyring =
  (_: ExportKeyringDeps): ExportKeyring =>
  () =>
    Promise.resolve(undefined);
