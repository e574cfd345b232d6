import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { BackupActivities } from '../contract.ts';

export interface RemoveOldBackupsDeps {
  readonly store: ObjectStore;
}

type RemoveOldBackups = BackupActivities['removeOldBackups'];

export const createRemoveOldBackups =
  (_: RemoveOldBackupsDeps): RemoveOldBackups =>
  () =>
    Promise.resolve({ removed: [], kept: 0, notRemoved: [] });
