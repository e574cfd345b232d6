export { blueGreenUpgrade } from './blue-green-upgrade.ts';
export { rollbackUpgrade } from './rollback-upgrade.ts';
