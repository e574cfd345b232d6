export { chooseBackup, LATEST } from './choose.ts';
export { groupBackups, type FoundBackup, type ListedKey } from './group.ts';
export { whyNotOfIt } from './origin.ts';
export { outOfDate } from './retention.ts';
export { describeBackup, newestFirst, type BackupRow, type ReadManifest } from './row.ts';
