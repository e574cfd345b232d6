export { describePresent, describeRestore, type RestoreScope } from './describe.ts';
export {
  backupFacts,
  type BackupFacts,
  type DatabaseContent,
  type RestoreLook,
  type TableContent,
  type WrittenSince,
} from './facts.ts';
export { namesToCome, restoreNames, RESTORED_PREFIX, type RestoreNames } from './names.ts';
export { swapBackSql, whatNext } from './next.ts';
export {
  describeSessions,
  restoreObstacles,
  restoreRemarks,
  type RestoreFacts,
  type UpgradeLeft,
  type UserSessions,
} from './obstacles.ts';
export { LOSS_UNKNOWN, unknownLoss } from './unknown-loss.ts';
export { writtenSince, type ContentNow } from './written.ts';
export { parseRestoreRequest, type RestoreRequest } from './request.ts';
