import type { BackupRef } from '../../domain/backup.ts';
import type { BackupToTry } from './backup.ts';
import type { Drift } from '../../domain/configuration.ts';
import type { MigrationState } from '../../domain/migrations.ts';
import type { SideName } from '../../domain/names.ts';
import type { Plan, Side, SideAddresses } from '../../domain/plan/index.ts';
import type { HowTold, KnownClients } from '../../domain/sessions.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

// `kong migrations`, and the point of no return.

type Database = Plan['database'];
type S3 = Plan['backup']['s3'];

/** `migrate.ts`, host of Y's runner (readMigrations: of the side's) */
export interface MigrateActivities {
  readMigrations(input: { side: SideName; cluster: Side; database: Database }): Promise<MigrationState>;
  /** `kong migrations up` with Y's binary: check, act, verify. Safe to run again whatever an earlier attempt did. */
  migrateUp(input: {
    cluster: Side;
    database: Database;
    upgrade: UpgradeRef;
    /** X's version, for the record in the database. */
    from?: string;
  }): Promise<{ before: MigrationState; after: MigrationState; ran: readonly string[] }>;
  /** `kong migrations finish`: refuses without this upgrade's seal. */
  migrateFinish(input: {
    cluster: Side;
    database: Database;
    upgrade: UpgradeRef;
    from?: string;
  }): Promise<{ before: MigrationState; after: MigrationState; ran: readonly string[] }>;
}

/** `finish.ts` */
export interface FinishActivities {
  /**
   * host of Y's runner. Restores the backup into a scratch database, runs `finish` there, starts a Y node on it, runs the tests, removes
   * all of it. `skipped` says why where the runner can't; `backup` is the same one, proved equal to what was dumped.
   */
  rehearseFinish(
    input: BackupToTry & { plan: Pick<Plan, 'y' | 'database' | 'stage'>; upgrade: UpgradeRef },
  ): Promise<{ migrations: readonly string[]; testsPassed: number; skipped?: string; backup?: BackupRef }>;
  /** What the guardrails judge, read afresh: requests that still reach X, its sessions in the database, who is running. */
  readFinishFacts(input: {
    x: SideAddresses;
    /** X was told to stop: its last sessions get a moment to end. */
    xStopped: boolean;
    /** As `tellSessions` found it while X was running. */
    told: HowTold;
    known: KnownClients;
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
  /** Sessions of X in Kong's database, in words; absent where they can't be told from Y's. */
  readonly xSessions?: readonly string[];
  /** Sessions that look like Kong's and are of no node of the plan, as `role@address`. */
  readonly strangers: readonly string[];
  readonly drift: Drift;
  /** The manifest of the last backup was read back and every object has its size. */
  readonly backupThere: boolean;
}
