import { interruptible } from './interruptible.ts';
import type { Interruption } from './interruption.ts';
import { watchingX } from './lookout.ts';
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
  await watchingX(u, async () => {
    await phase(u, 'shift', shift);
    await phase(u, 'finish', finish);
  });
  await phase(u, 'thaw', thaw);
  await phase(u, 'watch', watch);
  await phase(u, 'decommission', decommission);
}

/**
 * Runs the procedure from `known.from` on.
 *
 * @returns why it stopped, or nothing when it is complete
 */
export const goForward = (u: Upgrade): Promise<Interruption | undefined> =>
  interruptible(u.control, () => procedure(u));
