import type { Plan } from '../../domain/plan/index.ts';
import type { ReportRef } from '../../domain/report-ref.ts';
import type { Report } from '../../domain/report/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

// What people are told.

type S3 = Plan['backup']['s3'];

/** `report.ts`, host of Y's runner */
export interface ReportActivities {
  /** Writes report.json and report.html to S3 and to the local directory. */
  writeReport(input: { report: Report; s3: S3; directory?: string; upgrade: UpgradeRef }): Promise<ReportRef>;
  /** Tells people: in the log, at a level by `severity`. Never fails the upgrade. */
  notify(input: { upgrade: UpgradeRef; severity: 'info' | 'alert' | 'page'; text: string }): Promise<void>;
}
