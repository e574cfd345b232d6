import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { formatDuration } from '../domain/duration.ts';
import { Interruption, toInterruption } from './interruption.ts';
import { tell } from './notify.ts';
import { phase } from './phase.ts';
import { backup } from './phases/backup.ts';
import { decommission } from './phases/decommission.ts';
import { deploy } from './phases/deploy.ts';
import { finish } from './phases/finish.ts';
import { freeze } from './phases/freeze.ts';
import { migrate } from './phases/migrate.ts';
import { preflight } from './phases/preflight.ts';
import { shift } from './phases/shift.ts';
import { stage } from './phases/stage.ts';
import { thaw } from './phases/thaw.ts';
import { watch } from './phases/watch.ts';
import type { Upgrade } from './upgrade.ts';

/** The procedure. */
async function procedure(u: Upgrade): Promise<void> {
  await phase(u, 'preflight', preflight);
  await phase(u, 'freeze', freeze);
  await phase(u, 'backup', backup);
  await phase(u, 'deploy', deploy);
  await phase(u, 'migrate', migrate);
  await phase(u, 'stage', stage);
  await phase(u, 'shift', shift);
  await phase(u, 'finish', finish);
  await phase(u, 'thaw', thaw);
  await phase(u, 'watch', watch);
  await phase(u, 'decommission', decommission);
}

/**
 * Runs the procedure from `known.from` on, in a scope that an abort, a breach or the limit of the freeze cancels.
 *
 * @returns why it stopped, or nothing when it is complete
 */
export async function goForward(u: Upgrade): Promise<Interruption | undefined> {
  const { control } = u;
  const scope = new CancellationScope();
  const beside = new CancellationScope();
  control.arm(() => scope.cancel());
  const limit = beside.run(() => watchFreezeLimit(u)).catch(unlessCancellation);
  try {
    // Never raced against anything: the way back must not begin before the last act has really ended.
    await scope.run(() => procedure(u));
    return control.interruption;
  } catch (error) {
    return control.interruption ?? toInterruption(error);
  } finally {
    control.disarm();
    beside.cancel();
    await limit;
  }
}

function unlessCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}

/** Once the freeze has lasted too long, people are told and the upgrade holds. */
async function watchFreezeLimit(u: Upgrade): Promise<void> {
  const { status } = u.journal;
  await condition(() => status.freeze !== undefined);
  const left = Date.parse(status.freeze?.limitAt ?? '') - Date.now();
  // After a retry the limit is known to have passed; a person has decided to go on.
  if (left <= 0) return;
  if (await condition(() => status.freeze?.frozen === false, left)) return;
  const text = `the freeze has lasted ${formatDuration(u.plan.freeze.limit)}, its limit`;
  void tell(u, 'page', text);
  if (!u.control.sealed) u.control.interrupt(new Interruption('freeze-limit', text, { code: 'FreezeLimit' }));
}
