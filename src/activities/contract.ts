import type { BackupRef, StoredObject } from '../domain/backup.ts';
import type { Drift, Fingerprint, FreezeState } from '../domain/configuration.ts';
import type { Finding } from '../domain/findings.ts';
import type { MigrationState } from '../domain/migrations.ts';
import type { SideName } from '../domain/names.ts';
import type { Fault, HttpTest, Plan, Side, SideAddresses, StagePlan } from '../domain/plan/index.ts';
import type { Report } from '../domain/report/index.ts';
import type { ReportRef } from '../domain/report-ref.ts';
import type { MeasuredShare, TrafficState } from '../domain/traffic.ts';
import type { UpgradeRef } from '../domain/upgrade.ts';
import type { WatchResult, SideFigures } from '../domain/verdict/index.ts';

// The activities, by the file that has them. Inputs are the slices of the plan that each needs: small, so that a history
// stays small. `host` in a comment: runs on the task queue of that host. All are safe to run again at any time.

type Database = Plan['database'];
type S3 = Plan['backup']['s3'];

/** `open.ts` */
export interface OpenActivities {
  /** Checks and fills in the plan, finds out which search attributes the server has with the right type. */
  openUpgrade(input: {
    plan: unknown;
    workflowId: string;
  }): Promise<{ plan?: Plan; faults: readonly Fault[]; searchAttributes: readonly string[] }>;
}

/** `preflight.ts` */
export interface PreflightActivities {
  /** Every rule that needs only the network and the database. `frozen`: the second run, at the end of `backup`. */
  checkRules(input: { plan: Plan; upgrade: UpgradeRef; frozen: boolean }): Promise<readonly Finding[]>;
  /** host of the side. Programs that the side needs, their versions, and that they see the database. */
  checkHost(input: {
    side: SideName;
    cluster: Side;
    database: Database;
    files: readonly string[];
  }): Promise<readonly Finding[]>;
}

/** `freeze.ts` */
export interface FreezeActivities {
  /** host of Y's runner. Runs the user's own commands that stop or resume updates, in order; a failing one is an error. */
  runUserCommands(input: { commands: readonly (readonly string[])[]; purpose: string }): Promise<void>;
  /** Waits until no configuration was written for `quiet` milliseconds. Error `NotQuiet` after `within` milliseconds. */
  waitForQuiet(input: { database: Database; quiet: number; within: number }): Promise<void>;
  /** Installs the guard, proves as Kong's own role that it refuses, reads it back. */
  freezeConfiguration(input: { database: Database; upgrade: UpgradeRef }): Promise<FreezeState>;
  /** Who froze the configuration, if anybody. */
  readFreeze(input: { database: Database }): Promise<FreezeState>;
  /** Lifts the guard of this upgrade's cluster and reads back that it is gone. Tolerates that it never was. */
  thawConfiguration(input: { database: Database; upgrade: UpgradeRef }): Promise<FreezeState>;
  /** Computes the fingerprint and keeps it, with a hash per entity, in schema `crossfade` as the new baseline. */
  takeBaseline(input: { database: Database; upgrade: UpgradeRef; label: string }): Promise<Fingerprint>;
  /** What differs from the last baseline of this upgrade. */
  checkDrift(input: { database: Database; upgrade: UpgradeRef }): Promise<Drift>;
  /** After the thaw: proves that a configuration write works again (in a transaction that is rolled back). */
  proveWritable(input: { database: Database }): Promise<void>;
}

/** `backup.ts`, host of Y's runner */
export interface BackupActivities {
  /** `pg_dump` of Kong's database, without the guard, to S3. */
  dumpDatabase(input: {
    database: Database;
    s3: S3;
    upgrade: UpgradeRef;
    label: BackupRef['label'];
  }): Promise<StoredObject>;
  /** `deck gateway dump` of every workspace; empty when decK is off. */
  dumpDeclarative(input: {
    deck: Plan['backup']['deck'];
    admin: string;
    access: Side['admin'];
    s3: S3;
    upgrade: UpgradeRef;
    label: BackupRef['label'];
  }): Promise<readonly StoredObject[]>;
  storeFiles(input: {
    files: readonly string[];
    s3: S3;
    upgrade: UpgradeRef;
    label: BackupRef['label'];
  }): Promise<readonly StoredObject[]>;
  /** Writes the manifest, reads every object back (size, SHA-256) and lists the dump. */
  sealBackup(input: {
    s3: S3;
    upgrade: UpgradeRef;
    label: BackupRef['label'];
    objects: readonly StoredObject[];
    fingerprint: string;
    versions: Record<string, string>;
  }): Promise<BackupRef>;
  /** Restores the dump into a scratch database, compares row counts and fingerprint, drops it. */
  drillRestore(input: { database: Database; s3: S3; upgrade: UpgradeRef; backup: BackupRef }): Promise<BackupRef>;
}

/** `nodes.ts`, host of the side's runner */
export interface NodeActivities {
  /** Prepares and checks the nodes of Y without starting them. Returns their names. */
  prepareNodes(input: { side: SideName; cluster: Side; database: Database }): Promise<readonly string[]>;
  /** Starts what is not running, waits until every node is ready, checks version and node ids. */
  startNodes(input: { side: SideName; cluster: Side; database: Database; within: number }): Promise<readonly string[]>;
  /**
   * Stops the nodes gracefully: drains up to `drain` milliseconds, proves over the network that they are gone. Returns
   * how many requests were cut. Refuses (`StillServing`) while the side gets any traffic: by the balancer's own state where it is on
   * the same host, else by `weight`, as it was read back on the balancer's host last.
   */
  stopNodes(input: {
    side: SideName;
    cluster: Side;
    database: Database;
    drain: number;
    traffic: Plan['traffic'];
    weight: number;
  }): Promise<{ stopped: readonly string[]; cut: number }>;
  /** Reloads one node that is out of the balancer, waits until it is ready again. */
  reloadNode(input: { side: SideName; cluster: Side; database: Database; node: string }): Promise<void>;
  /** Removes the prefix directories of stopped nodes (local) so that nothing starts them by accident. */
  removeNodes(input: { side: SideName; cluster: Side; database: Database }): Promise<readonly string[]>;
}

/** `cluster.ts`: what can be read over the network */
export interface ClusterActivities {
  /** Which nodes are ready (right version), by name; the others with the reason. Never throws for a node that is down. */
  checkNodes(input: {
    cluster: SideAddresses;
  }): Promise<{ ready: readonly string[]; notReady: Readonly<Record<string, string>> }>;
  /** X and Y show the same entities through their Admin APIs (counts and ids per kind). Error `EntitiesDiffer`. */
  compareEntities(input: { x: SideAddresses; y: SideAddresses }): Promise<{ kinds: number; entities: number }>;
}

/** `migrate.ts`, host of Y's runner (readMigrations: of the side's) */
export interface MigrateActivities {
  readMigrations(input: { side: SideName; cluster: Side; database: Database }): Promise<MigrationState>;
  /** `kong migrations up` with Y's binary: check, act, verify. Safe to run again whatever an earlier attempt did. */
  migrateUp(input: {
    cluster: Side;
    database: Database;
    upgrade: UpgradeRef;
  }): Promise<{ before: MigrationState; after: MigrationState; ran: readonly string[] }>;
  /** `kong migrations finish`: refuses without this upgrade's seal. */
  migrateFinish(input: {
    cluster: Side;
    database: Database;
    upgrade: UpgradeRef;
  }): Promise<{ before: MigrationState; after: MigrationState; ran: readonly string[] }>;
}

/** `finish.ts` */
export interface FinishActivities {
  /**
   * host of Y's runner. Restores the backup into a scratch database, runs `finish` there, starts a Y node on it, runs the tests, removes
   * all of it. `skipped` says why where the runner can't.
   */
  rehearseFinish(input: {
    plan: Pick<Plan, 'y' | 'database' | 'stage'>;
    s3: S3;
    upgrade: UpgradeRef;
    backup: BackupRef;
  }): Promise<{ migrations: readonly string[]; testsPassed: number; skipped?: string }>;
  /** What the guardrails judge, read afresh: requests that still reach X, its sessions in the database, who is running. */
  readFinishFacts(input: {
    x: SideAddresses;
    /** X's role in the database, where it is not the plan's. */
    roleOfX?: string;
    database: Database;
    upgrade: UpgradeRef;
    s3: S3;
    manifestKey?: string;
  }): Promise<FinishFacts>;
  /** Writes the seal into schema `crossfade`. The same seal again is fine; another upgrade's open seal is an error. */
  writeSeal(input: { database: Database; upgrade: UpgradeRef; approvedBy: readonly string[] }): Promise<Seal>;
  readSeal(input: { database: Database; cluster: string }): Promise<Seal | undefined>;
  /** After everything ended: marks the seal of this upgrade as completed, so that a later upgrade can begin. */
  closeSeal(input: { database: Database; upgrade: UpgradeRef }): Promise<void>;
}

/** The point of no return, as it stands in the database. */
export interface Seal {
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly approvedBy: readonly string[];
  /** ISO 8601, by the database's clock. */
  readonly sealedAt: string;
  readonly closed: boolean;
}

export interface FinishFacts {
  /** Names of X's nodes that answer over the network. */
  readonly xAnswering: readonly string[];
  /** Requests that reached X, other than our own, in the last `overSeconds`; absent when X does not answer. */
  readonly xRequests?: number;
  readonly overSeconds: number;
  /** Sessions of other clients than Y's and ours in Kong's database, where they can be told apart. */
  readonly xSessions?: number;
  readonly drift: Drift;
  /** The manifest of the last backup was read back and every object has its size. */
  readonly backupThere: boolean;
}

/** `stage.ts` */
export interface StageActivities {
  /** The declared tests against every node of the side. Error `TestsFailed` lists each failure. */
  runTests(input: {
    side: SideName;
    cluster: SideAddresses;
    tests: readonly HttpTest[];
  }): Promise<{ passed: number; nodes: number }>;
  /** The same requests to X and to Y; error `AnswersDiffer` lists each difference. */
  compareAnswers(input: {
    x: SideAddresses;
    y: SideAddresses;
    compare: StagePlan['compare'];
  }): Promise<{ compared: number }>;
}

/** `traffic.ts`, host of the balancer */
export interface TrafficActivities {
  /** The preflight's rule over the balancer: installed for this plan, X has all traffic. Never throws for what it can't read. */
  checkBalancer(input: { x: SideAddresses; y: SideAddresses; traffic: Plan['traffic'] }): Promise<Finding>;
  /** What the balancer does now. */
  readTraffic(input: { traffic: Plan['traffic'] }): Promise<TrafficState>;
  /**
   * Sets the share of Y, absolutely, and reads it back. `expected`: what it must be before; something else was changed by
   * somebody else: error `ForeignChange`, nothing is overwritten. An epoch older than the last is refused (`StaleEpoch`).
   */
  setWeight(input: {
    traffic: Plan['traffic'];
    upgrade: UpgradeRef;
    weight: number;
    epoch: number;
    expected?: number;
  }): Promise<TrafficState>;
  /** Takes one node out of the balancer, or puts it back; reads it back. */
  setNodeOut(input: {
    traffic: Plan['traffic'];
    upgrade: UpgradeRef;
    node: string;
    out: boolean;
    epoch: number;
  }): Promise<TrafficState>;
}

/** `watch.ts` */
export interface WatchActivities {
  /** Waits until the share that arrives agrees with the weight, or `within` has passed (`agrees: false`). */
  measureShare(input: { x: SideAddresses; y: SideAddresses; weight: number; within: number }): Promise<MeasuredShare>;
  /**
   * Reads the metrics of both sides every `verdict.every`. Ends with `fail` as soon as there is one; else when `bake`
   * milliseconds have passed (plus `verdict.extend` at most while inconclusive). Without `bake` it goes on until it is cancelled or
   * fails. The last sample travels as heartbeat details. Resumes after a crash from them.
   * `control`: X's last window, for the time when X has no traffic.
   */
  watchTraffic(input: {
    x: SideAddresses;
    y: SideAddresses;
    verdict: Plan['verdict'];
    weight: number;
    bake?: number;
    control?: SideFigures;
    s3: S3;
    upgrade: UpgradeRef;
    /** Names the samples' object: `shift-25`, `gate-finish`. */
    name: string;
  }): Promise<WatchResult>;
}

/** `report.ts`, host of Y's runner */
export interface ReportActivities {
  /** Writes report.json and report.html to S3 and to the local directory. */
  writeReport(input: { report: Report; s3: S3; directory?: string; upgrade: UpgradeRef }): Promise<ReportRef>;
  /** Tells people: in the log, at a level by `severity`. Never fails the upgrade. */
  notify(input: { upgrade: UpgradeRef; severity: 'info' | 'alert' | 'page'; text: string }): Promise<void>;
}

export type Activities = OpenActivities &
  PreflightActivities &
  FreezeActivities &
  BackupActivities &
  NodeActivities &
  ClusterActivities &
  MigrateActivities &
  FinishActivities &
  StageActivities &
  TrafficActivities &
  WatchActivities &
  ReportActivities;
