import { CancellationScope } from '@temporalio/workflow';
import type { Outcome } from '../domain/names.ts';
import { conclude, refuse, rolledBack, type UpgradeResult } from './conclude.ts';
import { Control } from './control.ts';
import { goForward } from './forward.ts';
import { withFreezeLimit } from './freeze-limit.ts';
import { hold, recordFailure, retreat } from './hold.ts';
import { Inbox } from './inbox.ts';
import { takesTrafficBack, type Interruption } from './interruption.ts';
import { Journal } from './journal.ts';
import { openPlan } from './open-plan.ts';
import { readEach } from './traffic.ts';
import { endAsItIs, returnTraffic } from './undo-acts.ts';
import { currentUpgrade, createUpgrade, type Upgrade } from './upgrade.ts';

/**
 * Upgrades Kong from X to Y, two clusters on one PostgreSQL database. See the README for the procedure.
 *
 * @param input the plan (`src/domain/plan`), checked and filled in by the first activity
 */
export async function blueGreenUpgrade(input: unknown): Promise<UpgradeResult> {
  const control = new Control();
  const journal = new Journal(currentUpgrade(input), 'blueGreenUpgrade');
  const inbox = new Inbox(journal, control);
  inbox.open();
  CancellationScope.current().cancelRequested.catch(() => inbox.cancelled());
  // A cancelled workflow is an `abort`, which is refused once there is no way back; Temporal's own cancellation would stop
  // every wait and activity at once, undos included.
  return CancellationScope.nonCancellable(async () => {
    const opened = await openPlan(input, journal);
    if ('faults' in opened) return refuse(journal, opened.faults);
    inbox.startedBy = opened.plan.startedBy;
    const u = createUpgrade(opened.plan, journal.status.upgrade, journal, control);
    return conclude(u, await withFreezeLimit(u, () => upgrade(u)));
  });
}

/** Forward; when something is wrong: retreat, hold, and then forward again or undo everything. */
async function upgrade(u: Upgrade): Promise<Outcome> {
  const { control, journal } = u;
  for (;;) {
    const stopped = await goForward(u);
    if (stopped === undefined) return journal.status.accepted.length > 0 ? 'completed-with-faults' : 'completed';
    recordFailure(u, stopped);
    if (!u.undos.anything) return 'refused';
    if (takesTrafficBack(stopped)) await retreat(u, stopped.message);
    if (!control.sealed && goesStraightBack(u, stopped)) return unwind(u);

    const decision = await hold(u, stopped);
    if (decision.kind === 'retry') continue;
    if (control.sealed) return letGo(u);
    await registerReturnAgain(u);
    return unwind(u);
  }
}

function goesStraightBack(u: Upgrade, { kind }: Interruption): boolean {
  if (kind === 'abort') return true;
  if (kind === 'expired' && !u.journal.status.traffic.weights.some(({ weight }) => weight > 0)) return true;
  return u.plan.onFailure.then === 'unwind';
}

/** Everything back as it was, newest first: traffic on X, Y stopped, freeze lifted. */
async function unwind(u: Upgrade): Promise<Outcome> {
  u.journal.enter('unwinding', 'undoing everything');
  await u.undos.run();
  return rolledBack(u.journal.status);
}

/** What was taken back once may have been turned again, by a person or by a disk that came back: Y must not be stopped under it. */
async function registerReturnAgain(u: Upgrade): Promise<void> {
  if (u.journal.status.traffic.weights.length === 0 || u.undos.has('returnTraffic')) return;
  const { states } = await readEach(u);
  const most = Math.max(0, ...states.map(({ weight }) => weight));
  if (most === 0) return;
  u.journal.weight(most, 'found, after all traffic had been returned to X');
  u.undos.register('returnTraffic', returnTraffic(u));
}

/** Ends as it is, past the point of no return: Y has all traffic. Only the freeze must not stay behind. */
async function letGo(u: Upgrade): Promise<Outcome> {
  u.journal.enter('unwinding', 'ending as it is');
  u.undos.register('thaw', endAsItIs(u));
  await u.undos.run();
  return 'completed-with-faults';
}
