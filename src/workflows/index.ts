export { blueGreenUpgrade } from './blue-green-upgrade.ts';
export { restoreBackup } from './restore-backup.ts';
export { rollbackUpgrade } from './rollback-upgrade.ts';
