import { buildReport } from '../domain/report/index.ts';
import type { Outcome } from '../domain/names.ts';
import type { Fault } from '../domain/plan/index.ts';
import type { ReportRef } from '../domain/report-ref.ts';
import type { UpgradeStatus } from '../domain/status/index.ts';
import { describeFailure } from './interruption.ts';
import type { Journal } from './journal.ts';
import { now } from './journal.ts';
import { tell } from './notify.ts';
import { run } from './proxies.ts';
import type { Upgrade } from './upgrade.ts';

/** What the workflow returns. */
export interface UpgradeResult {
  readonly cluster: string;
  readonly outcome: Outcome;
  /** Why it did not complete. */
  readonly reason?: string;
  readonly faults?: readonly Fault[];
  readonly report?: ReportRef;
}

/** Ends the run: the report, the last message to people, the result. */
export async function conclude(u: Upgrade, outcome: Outcome): Promise<UpgradeResult> {
  const { journal, plan, ref } = u;
  end(journal, outcome);
  // After a restore every backup may still be needed.
  if (outcome !== 'refused' && journal.status.workflow !== 'restoreBackup') await removeOldBackups(u);
  const { status, timeline } = journal;
  const report = buildReport(status, timeline, plan);
  const directory = plan.reportDirectory === undefined ? {} : { directory: plan.reportDirectory };
  try {
    status.report = await run(u.acts.report.writeReport, 'report', {
      report,
      s3: plan.backup.s3,
      upgrade: ref,
      ...directory,
    });
  } catch (error) {
    // A report that could not be written changes nothing about what happened.
    journal.note('note', `the report could not be written: ${describeFailure(error).message}`);
  }
  await tell(u, outcome.endsWith('with-faults') ? 'page' : 'alert', `ended: ${outcome}`);
  return result(journal, outcome);
}

/** As the plan's retention says. What can't be removed changes nothing about what happened. */
async function removeOldBackups(u: Upgrade): Promise<void> {
  const { journal, plan, ref } = u;
  const { s3, retention } = plan.backup;
  if (retention === undefined) return;
  try {
    const { removed, notRemoved } = await run(u.acts.backup.removeOldBackups, 'remove old backups', {
      ...{ s3, upgrade: ref, retention },
    });
    if (removed.length > 0) journal.note('note', `old backups removed: ${removed.join(', ')}`);
    if (notRemoved.length > 0) journal.note('note', `old backups not removed: ${notRemoved.join('; ')}`);
  } catch (error) {
    journal.note('note', `old backups could not be removed: ${describeFailure(error).message}`);
  }
}

/** After everything was undone: whatever a person let go stays to be looked after. */
export const rolledBack = ({ undo, accepted }: UpgradeStatus): Outcome =>
  accepted.length > 0 || undo.some(({ state }) => state === 'skipped') ? 'rolled-back-with-faults' : 'rolled-back';

/** Ends a run whose plan has faults; nothing was changed, and nothing is known to report to. */
export function refuse(journal: Journal, faults: readonly Fault[]): UpgradeResult {
  journal.status.faults = faults;
  end(journal, 'refused');
  return result(journal, 'refused');
}

function end(journal: Journal, outcome: Outcome): void {
  journal.status.outcome = outcome;
  journal.status.endedAt = now();
  for (const phase of journal.status.phases) if (phase.result === 'pending') phase.result = 'skipped';
  journal.note('note', `ended: ${outcome}`);
  journal.enter('ended', outcome);
}

function result({ status }: Journal, outcome: Outcome): UpgradeResult {
  return {
    cluster: status.upgrade.cluster,
    outcome,
    ...(status.failure === undefined || outcome.startsWith('completed') ? {} : { reason: status.failure.message }),
    ...(status.faults.length === 0 ? {} : { faults: status.faults }),
    ...(status.report === undefined ? {} : { report: status.report }),
  };
}
