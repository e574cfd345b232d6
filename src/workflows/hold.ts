import { condition } from '@temporalio/workflow';
import { formatDuration } from '../domain/duration.ts';
import { errorCatalogue } from '../domain/errors/index.ts';
import { PHASES, type StepName } from '../domain/names.ts';
import type { Decision } from './control.ts';
import { takesTrafficBack, toInterruption, type Interruption } from './interruption.ts';
import { now } from './journal.ts';
import { watchingX } from './lookout.ts';
import { tell } from './notify.ts';
import { TRAFFIC_UNDOS } from './undos.ts';
import type { Upgrade } from './upgrade.ts';
import { whileWatched } from './watched.ts';

/** Why the forward path stopped, for the status and the report. */
export function recordFailure(u: Upgrade, { kind, message, code }: Interruption): void {
  const { status } = u.journal;
  const known =
    code !== undefined && code in errorCatalogue ? errorCatalogue[code as keyof typeof errorCatalogue] : undefined;
  status.failure = {
    at: now(),
    phase: status.phase ?? PHASES[0],
    kind,
    message,
    ...(code === undefined ? {} : { code }),
    ...(known === undefined ? {} : { todo: known.todo }),
  };
  u.journal.note('failure', `${kind}: ${message}`);
}

/** All traffic to X, and X running, at once and in one go. The freeze stays, and Y stays up to be looked at. */
export async function retreat(u: Upgrade, why: string): Promise<void> {
  if (!u.control.shifting || u.control.sealed) return;
  u.journal.enter('retreating', `all traffic goes back to X: ${why}`);
  await u.undos.run(TRAFFIC_UNDOS);
  u.control.shifting = false;
}

/** What is told once, and does not end a hold's watch. */
const toldOnce = ({ code }: Interruption) => ({
  throughBoth: code === 'BothSidesFail',
  throughForeign: code === 'ForeignChange',
});

/**
 * Waits for a person to answer `retry` or `abandon` (or `abort`). If Y still has traffic it is watched, and a breach retreats.
 * Before the seal a hold expires, which means `abandon`; after it nothing happens without a person: a breach is told, once. A `retry`
 * sets `known.from`.
 */
export async function hold(u: Upgrade, why: Interruption): Promise<Decision> {
  const { control, journal, plan } = u;
  const { expires } = plan.onFailure;
  const since = Date.now();
  control.takeDecision();
  journal.status.hold = {
    since: now(),
    canRetryFrom: canRetryFrom(u),
    ...(control.sealed ? {} : { expiresAt: new Date(since + expires).toISOString() }),
  };
  journal.enter('held', `held: ${why.message}`);
  void tell(u, 'page', `held in ${journal.status.phase ?? 'preflight'}: ${why.message}`);
  const answered = (): boolean => control.decision !== undefined;
  const answer = (): Promise<unknown> =>
    control.sealed
      ? condition(answered)
      : condition(answered, Math.max(expires - (Date.now() - since), 1), { summary: 'the hold expires' });
  // Both sides failing ends one day, and then it may be Y alone.
  let known = toldOnce(why);
  for (;;) {
    try {
      const watched = () => whileWatched(u, 'hold', answer, known);
      await (journal.status.traffic.weight > 0 ? watchingX(u, watched) : watched());
      break;
    } catch (error) {
      const worse = toInterruption(error);
      recordFailure(u, worse);
      if (takesTrafficBack(worse)) await retreat(u, worse.message);
      journal.status.hold.canRetryFrom = canRetryFrom(u);
      const where = journal.status.traffic.weight === 0 ? ', all traffic is on X' : '';
      journal.enter('held', `held${where}: ${worse.message}`);
      void tell(u, 'page', journal.status.now);
      const { throughBoth, throughForeign } = toldOnce(worse);
      known = { throughBoth: known.throughBoth || throughBoth, throughForeign: known.throughForeign || throughForeign };
      if (throughBoth || throughForeign) continue;
      // What else the watch has to tell it tells once: either Y has no traffic after this, or there is no way back to take.
      await answer();
      break;
    }
  }
  const { canRetryFrom: phases } = journal.status.hold;
  delete journal.status.hold;
  const expired: Decision = { kind: 'abandon', by: `the hold's expiry after ${formatDuration(expires)}` };
  const decision = control.takeDecision() ?? expired;
  if (decision.kind === 'retry') u.known.from = decision.phase ?? phases.at(-1) ?? 'preflight';
  journal.note('note', `${decision.kind} by ${decision.by}`);
  return decision;
}

/**
 * Up to the phase that failed, or `shift` if the traffic was taken back since; not before `migrate` once `up` has run, for a new
 * backup would overwrite the one from before.
 */
function canRetryFrom(u: Upgrade): StepName[] {
  const { phase = 'preflight', traffic, workflow } = u.journal.status;
  if (u.control.sealed || workflow === 'restoreBackup') return [phase];
  const stopped = PHASES.findIndex((name) => name === phase);
  const failed = traffic.weight === 100 ? stopped : Math.min(stopped, PHASES.indexOf('shift'));
  return PHASES.slice(u.known.migrated ? PHASES.indexOf('migrate') : 0, failed + 1);
}
