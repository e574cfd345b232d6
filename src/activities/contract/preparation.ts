import type { Drift, Fingerprint, FreezeState } from '../../domain/configuration.ts';
import type { Finding } from '../../domain/findings.ts';
import type { DatabaseRef, Encrypt, Fault, Plan, Side } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

// Before anything is migrated: the plan, the preflight, the freeze.

type Database = Plan['database'];

/** What Y's migrations are judged by, besides Y itself. */
export interface Pair {
  /** X's version. */
  readonly x: string;
  readonly accept: Plan['migrations']['accept'];
  readonly s3Prefix: string;
}

/** What Y's host needs for the backup, besides PostgreSQL's programs. `on`: the drill's server, where it is another one. */
export interface BackupMeans {
  readonly deck: Plan['backup']['deck'];
  /** Address of an Admin API of X. */
  readonly admin: string;
  readonly access: Side['admin'];
  readonly encrypt?: Encrypt;
  readonly on?: DatabaseRef;
}

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
  /**
   * host of the side. Programs that the side needs, their versions, and that they see the database; its static files, and whether they
   * can be stored (`encrypted`: the plan encrypts backups).
   */
  checkHost(
    input: { cluster: Side; database: Database; files: readonly string[]; encrypted: boolean } & (
      { side: 'x' } | { side: 'y'; pair: Pair; backup: BackupMeans }
    ),
  ): Promise<readonly Finding[]>;
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
  /**
   * Ends the freeze of this upgrade, or that of run `found` of the same cluster, and proves that a write works. Tolerates that there
   * never was one. What of the guard is left to be removed is in `leftover`.
   */
  thawConfiguration(input: { database: Database; upgrade: UpgradeRef; found?: string }): Promise<FreezeState>;
  /** Computes the fingerprint and keeps it, with a hash per entity, in schema `crossfade` as the new baseline. */
  takeBaseline(input: { database: Database; upgrade: UpgradeRef; label: string }): Promise<Fingerprint>;
  /** What differs from the last baseline of this upgrade. */
  checkDrift(input: { database: Database; upgrade: UpgradeRef }): Promise<Drift>;
  /** After the thaw: proves that a configuration write works again (in a transaction that is rolled back). */
  proveWritable(input: { database: Database }): Promise<void>;
}
