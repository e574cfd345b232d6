import type { Finding } from '../findings.ts';
import type { MigrationState } from '../migrations.ts';
import type { GateName, Outcome, State, StepName } from '../names.ts';
import type { Fault, Plan } from '../plan/index.ts';
import type { BackupRef } from '../backup.ts';
import type { Acceptance, Failure, RestoreStatus, StepStatus, TimelineEntry, UndoName } from '../status/index.ts';
import type { UpgradeRef } from '../upgrade.ts';
import type { Control, SideFigures, Verdict } from '../verdict/index.ts';

/** The story of one upgrade as JSON. Scripts and change tickets read it: fields are added, never renamed. Times are ISO 8601. */
export interface Report {
  /** Absent while the upgrade goes on. */
  readonly outcome?: Outcome;
  readonly state: State;
  /** The outcome in one sentence. */
  readonly summary: string;
  readonly cluster: string;
  readonly workflow: 'blueGreenUpgrade' | 'rollbackUpgrade' | 'restoreBackup';
  readonly upgrade: UpgradeRef;
  readonly from?: string;
  readonly to?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly phases: readonly ReportPhase[];
  /** What a load generator saw; only where one was at work. */
  readonly requests?: RequestCounts;
  readonly weights: readonly { readonly at: string; readonly weight: number; readonly why: string }[];
  readonly steps: readonly StepStatus[];
  readonly verdicts: readonly ReportVerdict[];
  readonly gates: readonly ReportGate[];
  readonly approvals: readonly { gate: GateName; by: string; at: string; comment?: string }[];
  readonly migrations: {
    readonly before?: MigrationState;
    readonly afterUp?: MigrationState;
    readonly after?: MigrationState;
    readonly ran: readonly string[];
  };
  /** Only when migrations ran and `finish` did not: what that means. */
  readonly databaseLeft?: DatabaseLeft;
  readonly backups: readonly BackupRef[];
  /** Only of a restore: what was restored, what was replaced, what to do next. */
  readonly restore?: RestoreStatus;
  readonly undone: readonly ReportUndo[];
  /** How often a worker was started anew; only where somebody counted. */
  readonly workerRestarts?: number;
  /** What the plan accepted or waived beforehand. */
  readonly planned?: Pick<Plan, 'path' | 'rehearsed' | 'startedBy'> & {
    /** Known dangers of the pair of versions, and writers that were not paused. */
    readonly risks?: Plan['migrations']['accept'];
    readonly idleWriters?: Plan['freeze']['idleWriters'];
  };
  readonly findings: readonly Finding[];
  readonly faults: readonly Fault[];
  /** What a person let go on the way, with the reason. */
  readonly accepted: readonly Acceptance[];
  readonly freeze?: ReportFreeze;
  /** Why the forward path stopped, last time it did. */
  readonly failure?: Failure;
  readonly abort?: { readonly by: string; readonly reason?: string; readonly at: string };
  /** The point of no return. */
  readonly seal?: { readonly at: string; readonly approvedBy: readonly string[] };
  readonly messages: { readonly accepted: number; readonly refused: number; readonly bad: number };
  readonly timeline: readonly TimelineEntry[];
}

export interface RequestCounts {
  readonly sent: number;
  readonly failed: number;
  /** Of the failed ones, those that a faulty Y itself answered. */
  readonly failedByY: number;
}

export interface ReportPhase {
  readonly name: StepName;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly result: 'pending' | 'running' | 'done' | 'failed' | 'skipped';
  readonly attempts: number;
  readonly note?: string;
}

export interface ReportVerdict {
  readonly name: string;
  readonly verdict: Verdict['verdict'];
  readonly weight: number;
  readonly from: string;
  readonly to: string;
  readonly control: Control;
  /** Sentences; empty for a pass. */
  readonly reasons: readonly string[];
  readonly x?: SideFigures;
  readonly y?: SideFigures;
  readonly samples: number;
  readonly samplesKey?: string;
}

export interface ReportGate {
  readonly gate: GateName;
  readonly state: 'open' | 'approved' | 'rejected' | 'expired' | 'closed';
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly quorum: number;
  readonly approvers: readonly string[];
  readonly rejection?: { readonly by: string; readonly at: string; readonly reason?: string };
}

export interface ReportUndo {
  readonly name: UndoName;
  readonly result: 'running' | 'stuck' | 'done' | 'skipped';
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly error?: string;
  readonly skippedBy?: { readonly by: string; readonly reason: string };
}

export interface ReportFreeze {
  readonly since: string;
  readonly liftedAt?: string;
  /** How long nobody could change the configuration; until the report was made if it still lasts. */
  readonly ms: number;
  readonly limitAt: string;
  readonly guardedTables: number;
  readonly unknownTables: readonly string[];
  /** What the freeze decided by itself: sentences. */
  readonly decisions: readonly string[];
  /** What differed from the baseline, if anything did. */
  readonly drift: readonly string[];
}

/** X's database after an upgrade that ran `kong migrations up` and went back. */
export interface DatabaseLeft {
  readonly pending: readonly string[];
  readonly executed: readonly string[];
  /** What it means for X, and for the next attempt: sentences. */
  readonly forX: string;
  readonly forNextAttempt: string;
}
