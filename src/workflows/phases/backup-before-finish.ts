import { rehearsalIsWaived } from '../../domain/migrations/index.ts';
import { proveNoDrift } from '../drift.ts';
import { describeFailure, failedWith } from '../interruption.ts';
import { backUpDatabase, drill, remember } from '../take-backup.ts';
import type { Upgrade } from '../upgrade.ts';

/**
 * The database once more, as it is just before the point of no return. The rehearsal restores it; without one, the drill does.
 *
 * @throws Interruption `backup`: nothing is wrong with Y, so the traffic stays where it is
 */
export async function backupBeforeFinish(u: Upgrade): Promise<void> {
  const { plan, journal } = u;
  if (!plan.backup.beforeFinish) return;
  journal.say('backing up the database once more');
  try {
    const taken = await backUpDatabase(u, 'before-finish');
    if (rehearsalIsWaived(plan.migrations.accept)) remember(u, await drill(u, taken));
  } catch (error) {
    // Somebody changed the configuration: that has its own answer, and names what was changed.
    if (describeFailure(error).code === 'BackupOfAnotherState') await proveNoDrift(u, 'at the backup before `finish`');
    throw failedWith('the backup before `finish` failed', error, 'backup');
  }
}
