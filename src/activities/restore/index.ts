import type { RestoreActivities } from '../contract.ts';
import type { OpenDeps } from '../open.ts';
import { createAskX } from './ask-x.ts';
import { createCheckBackup, type CheckBackupDeps } from './check-backup.ts';
import { createLookBeforeSwap, type LookDeps } from './look.ts';
import { createOpenRestore } from './open.ts';
import { createRestoreBeside, type RestoreBesideDeps } from './restore-beside.ts';
import { createSwapActivities } from './swap.ts';
import { createUnpackActivities, type UnpackDeps } from './unpack.ts';

export type RestoreDeps = OpenDeps &
  CheckBackupDeps &
  LookDeps &
  RestoreBesideDeps &
  UnpackDeps &
  Parameters<typeof createAskX>[0] &
  Parameters<typeof createSwapActivities>[0];

export const createRestoreActivities = (deps: RestoreDeps): RestoreActivities => ({
  openRestore: createOpenRestore(deps),
  checkBackup: createCheckBackup(deps),
  lookBeforeSwap: createLookBeforeSwap(deps),
  restoreBeside: createRestoreBeside(deps),
  askX: createAskX(deps),
  ...createSwapActivities(deps),
  ...createUnpackActivities(deps),
});
