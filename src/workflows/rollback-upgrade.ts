import { CancellationScope } from '@temporalio/workflow';
import type { Outcome } from '../domain/names.ts';
import { conclude, refuse, rolledBack, type UpgradeResult } from './conclude.ts';
import { Control } from './control.ts';
import { recordFailure } from './hold.ts';
import { Inbox } from './inbox.ts';
import { Interruption, toInterruption } from './interruption.ts';
import { Journal } from './journal.ts';
import type { KongNode } from '../domain/plan/index.ts';
import { roleOfY } from '../domain/plan/roles.ts';
import { readEach } from './traffic.ts';
import { openPlan } from './open-plan.ts';
import { run } from './proxies.ts';
import { dropRoleOfY, letXIn, putBackX, returnTraffic, startX, stopY, thaw } from './undo-acts.ts';
import { createUpgrade, currentUpgrade, type Upgrade } from './upgrade.ts';

/**
 * Undoes an upgrade whose workflow was terminated: reads what is true and brings everything back to X. Refuses once `finish` has
 * begun. Shares the workflow id of the upgrade, so that both never run at once.
 *
 * @param input the plan of the upgrade
 */
export async function rollbackUpgrade(input: unknown): Promise<UpgradeResult> {
  const control = new Control();
  const journal = new Journal(currentUpgrade(input), 'rollbackUpgrade');
  const inbox = new Inbox(journal, control);
  // On the way back from the start: an abort is answered so, and a cancellation stops nothing.
  journal.status.state = 'unwinding';
  inbox.open();
  CancellationScope.current().cancelRequested.catch(() => inbox.cancelled());
  return CancellationScope.nonCancellable(async () => {
    const opened = await openPlan(input, journal);
    if ('faults' in opened) return refuse(journal, opened.faults);
    const u = createUpgrade(opened.plan, journal.status.upgrade, journal, control);
    return conclude(u, await rollBack(u));
  });
}

async function rollBack(u: Upgrade): Promise<Outcome> {
  const { journal, plan, acts } = u;
  let outOfX: KongNode[] = [];
  let found: string | undefined;
  try {
    const seal = await run(acts.finish.readSeal, 'is there a way back?', {
      database: plan.database,
      cluster: plan.cluster,
    });
    if (seal !== undefined && !seal.closed) {
      const text = `\`finish\` of ${seal.workflowId} (run ${seal.runId}) began at ${seal.sealedAt}: there is no way back to X`;
      throw new Interruption('refused', text, { code: 'Sealed' });
    }
    const { runId: frozenBy } = await run(acts.freeze.readFreeze, 'is anything frozen?', { database: plan.database });
    if (seal !== undefined && frozenBy === undefined) {
      const text = `the last upgrade (${seal.workflowId}, run ${seal.runId}) was ended: nothing is frozen, and there is nothing to undo`;
      throw new Interruption('refused', text, { code: 'Sealed' });
    }
    journal.say('looking where the traffic is');
    const { states, unreadable } = await readEach(u);
    // Whatever it does, it is taken back to X.
    for (const one of unreadable) journal.note('note', `where the traffic is can't be read from ${one}`);
    const most = Math.max(...states.map(({ weight }) => weight), ...unreadable.map(() => 100));
    journal.weight(most, unreadable.length === 0 ? 'found' : 'at most, as far as it can be read');
    found = frozenBy;
    outOfX = plan.x.nodes.filter(({ name }) => states.some(({ out }) => out.includes(name)));
  } catch (error) {
    recordFailure(u, toInterruption(error));
    return 'refused';
  }
  // In the order of the upgrade, so that they run in the reverse one. Each finds out by itself whether there is anything to do.
  u.undos.register('thaw', thaw(u, found));
  const role = roleOfY(plan);
  if (role.own) u.undos.register('dropRoleOfY', dropRoleOfY(u, role.role));
  u.undos.register('stopY', stopY(u));
  if (outOfX.length > 0) u.undos.register('putBackX', putBackX(u, outOfX));
  u.undos.register('returnTraffic', returnTraffic(u));
  u.undos.register('startX', startX(u));
  if (plan.sessions.lockOutX) u.undos.register('letXIn', letXIn(u));
  await u.undos.run();
  return rolledBack(journal.status);
}
