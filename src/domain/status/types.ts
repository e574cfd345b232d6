import type { ReportRef } from '../report-ref.ts';
import type { BackupRef } from '../backup.ts';
import type { ConfigurationChange, Fingerprint } from '../configuration.ts';
import type { Finding } from '../findings.ts';
import type { MigrationState } from '../migrations.ts';
import type { NodeWriter } from '../node-writers.ts';
import type { GateName, MessageName, Outcome, State, StepName } from '../names.ts';
import type { Fault } from '../plan/index.ts';
import type { MeasuredShare } from '../traffic/state.ts';
import type { UpgradeRef } from '../upgrade.ts';
import type { WatchResult } from '../verdict/index.ts';

// The whole state of an upgrade, as the query `status` gives it. Plain JSON; times are ISO 8601 by the workflow's clock.

export interface UpgradeStatus {
  readonly upgrade: UpgradeRef;
  readonly workflow: 'blueGreenUpgrade' | 'rollbackUpgrade' | 'restoreBackup';
  /** Kong versions of X and Y, once the plan is known. */
  from?: string;
  to?: string;
  state: State;
  phase?: StepName;
  outcome?: Outcome;
  endedAt?: string;
  /** What the upgrade waits for or does now: one sentence. */
  now: string;
  /** Faults of the plan; only with outcome `refused`. */
  faults: readonly Fault[];
  phases: PhaseStatus[];
  gates: GateStatus[];
  traffic: TrafficStatus;
  findings: readonly Finding[];
  freeze?: FreezeStatus;
  backups: BackupRef[];
  /** Only of a restore. */
  restore?: RestoreStatus;
  migrations: { before?: MigrationState; afterUp?: MigrationState; after?: MigrationState; ran: readonly string[] };
  /** Why the forward path stopped, last time it did. */
  failure?: Failure;
  hold?: { since: string; expiresAt?: string; canRetryFrom: StepName[] };
  paused?: { by: string; at: string };
  abort?: { by: string; reason?: string; at: string };
  /** Newest last; what was registered and is not needed any more is not listed. */
  undo: UndoStatus[];
  seal?: { at: string; approvedBy: readonly string[] };
  /** What a person let go, with the reason. */
  accepted: Acceptance[];
  messages: { accepted: number; refused: number; bad: number; last: MessageRecord[] };
  report?: ReportRef;
}

export interface RestoreStatus {
  /** As `crossfade backups` shows it. */
  backup: string;
  /** What it would do, or has done; and what is in the present database that is not in the backup: for the person who decides. */
  plan: readonly string[];
  present: readonly string[];
  /** When the names of the databases were swapped. */
  swappedAt?: string;
  /** What to do next, once it has ended. */
  next: readonly string[];
}

export interface PhaseStatus {
  readonly name: StepName;
  result: 'pending' | 'running' | 'done' | 'failed' | 'skipped';
  /** First start and last end; a phase that was retried has more than one attempt. */
  startedAt?: string;
  endedAt?: string;
  attempts: number;
  /** What came out, in a few words: `4 migrations, 5 pending`. */
  note?: string;
}

export interface GateStatus {
  readonly gate: GateName;
  state: 'open' | 'approved' | 'rejected' | 'expired' | 'closed';
  readonly openedAt: string;
  readonly expiresAt: string;
  closedAt?: string;
  /** Empty: anybody but `startedBy`. */
  readonly approvers: readonly string[];
  readonly quorum: number;
  approvals: { by: string; at: string; comment?: string }[];
  rejection?: { by: string; at: string; reason?: string };
}

export interface TrafficStatus {
  /** Percent on Y, as read back last. */
  weight: number;
  /** Where the traffic comes in through several balancers: the weight of each, as read back last. */
  balancers?: { readonly name: string; weight: number }[];
  readonly steps: StepStatus[];
  /** Every change that was read back. */
  readonly weights: { at: string; weight: number; why: string }[];
  /** The share that really arrived after the last change. */
  share?: MeasuredShare;
  readonly verdicts: VerdictStatus[];
}

export interface StepStatus {
  readonly y: number;
  /** Milliseconds. */
  readonly bake: number;
  readonly approve: boolean;
  state: 'pending' | 'waiting' | 'running' | 'passed' | 'failed';
  bakeStartedAt?: string;
}

export interface VerdictStatus extends WatchResult {
  /** `shift-25`, `finish`, `watch`, ... */
  readonly name: string;
}

export interface FreezeStatus {
  frozen: boolean;
  /** Whom colleagues ask, where the plan says who started it. */
  ask?: string;
  since: string;
  /** At this time the upgrade alerts and holds. */
  limitAt: string;
  liftedAt?: string;
  guardedTables: number;
  unknownTables: readonly string[];
  unguardedTables: readonly string[];
  nodeWriters: readonly NodeWriter[];
  migratorRole?: string;
  baseline?: Fingerprint;
  /** What `up` and `finish` changed by design, by entity and field. */
  migrated: readonly ConfigurationChange[];
  /** What differs from the baseline and nobody accepted yet. */
  drift: readonly ConfigurationChange[];
  /** Why the guard does not stand as it should, found by the last look and not accepted yet. */
  guardFault?: string;
}

export interface Failure {
  readonly at: string;
  readonly phase: StepName;
  /** `abort`, `breach`, `rejected`, `expired`, `inconclusive`, `drift`, `freeze-limit`, `failed`. */
  readonly kind: string;
  /** A code of the error catalogue, where it has one. */
  readonly code?: string;
  readonly message: string;
  readonly todo?: string;
}

/** The undos by name; `stopY`, `startX` and so on are what they do. */
export type UndoName =
  | 'thaw'
  | 'dropRoleOfY'
  | 'putBackX'
  | 'stopY'
  | 'returnTraffic'
  | 'startX'
  | 'letXIn'
  | 'dropRestored'
  | 'removeUnpacked';

export interface UndoStatus {
  readonly name: UndoName;
  state: 'registered' | 'running' | 'stuck' | 'done' | 'skipped';
  readonly registeredAt: string;
  startedAt?: string;
  endedAt?: string;
  attempts: number;
  error?: string;
  /** What a person may `accept` so that it goes on without: balancers that are gone. */
  mayLetGo?: readonly string[];
  skippedBy?: { by: string; reason: string };
}

export interface Acceptance {
  /** A rule's name, `drift`, `undo:<name>` or `balancer:<name>`. */
  readonly finding: string;
  readonly by: string;
  readonly reason: string;
  readonly at: string;
}

export interface MessageRecord {
  readonly at: string;
  readonly name: MessageName | string;
  readonly by?: string;
  readonly via: 'signal' | 'update' | 'cancel';
  readonly result: 'accepted' | 'refused' | 'bad';
  readonly answer: string;
}

/** One line of the story, as the query `timeline` gives it. */
export interface TimelineEntry {
  readonly at: string;
  readonly kind: 'phase' | 'traffic' | 'gate' | 'verdict' | 'message' | 'undo' | 'failure' | 'note';
  readonly text: string;
}
