import type { BackupActivities } from '../contract.ts';
import { createDrillRestore, type DrillRestoreDeps } from './drill-restore.ts';
import { createDumpDatabase, type DumpDatabaseDeps } from './dump-database.ts';
import { createDumpDeclarative, type DumpDeclarativeDeps } from './dump-declarative.ts';
import { createExportKeyring, type ExportKeyringDeps } from './export-keyring.ts';
import { createRemoveOldBackups, type RemoveOldBackupsDeps } from './remove-old-backups.ts';
import { createSealBackup, type SealBackupDeps } from './seal-backup.ts';
import { createStoreFiles, type StoreFilesDeps } from './store-files.ts';

export type BackupDeps = DumpDatabaseDeps &
  DumpDeclarativeDeps &
  ExportKeyringDeps &
  StoreFilesDeps &
  SealBackupDeps &
  DrillRestoreDeps &
  RemoveOldBackupsDeps;

export const createBackupActivities = (deps: BackupDeps): BackupActivities => ({
  dumpDatabase: createDumpDatabase(deps),
  dumpDeclarative: createDumpDeclarative(deps),
  exportKeyring: createExportKeyring(deps),
  storeFiles: createStoreFiles(deps),
  sealBackup: createSealBackup(deps),
  drillRestore: createDrillRestore(deps),
  removeOldBackups: createRemoveOldBackups(deps),
});
