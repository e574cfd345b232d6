import type { NodeWriter } from './node-writers.ts';

/** A fingerprint of Kong's configuration, computed inside PostgreSQL; no value leaves the server. */
export interface Fingerprint {
  /** Of all configuration tables together, hexadecimal. */
  readonly whole: string;
  readonly tables: number;
  readonly rows: number;
  /** When it was taken, ISO 8601, by the database's clock. */
  readonly takenAt: string;
}

/** One entity that differs from the baseline. Never holds a value of the configuration but its name. */
export interface ConfigurationChange {
  readonly table: string;
  readonly id: string;
  /** Name, username, instance name or the like, where the entity has one. */
  readonly name?: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** Names of the fields that changed, where it can be told. */
  readonly fields?: readonly string[];
}

/** `services 6f1c…-… (billing)`: type, id and name. */
export const describeEntity = ({ table, id, name }: Pick<ConfigurationChange, 'table' | 'id' | 'name'>): string =>
  `${table} ${id}${name === undefined ? '' : ` (${name})`}`;

/** Why writes are not refused as they should be. */
export interface GuardFault {
  /** `lifted`: by somebody, for good. `broken`: switched off or removed in part; it can be mended. */
  readonly kind: 'lifted' | 'broken';
  /** A clause: `the guard is missing or disabled on services`. */
  readonly text: string;
}

/** What is true of the configuration now, against the last baseline. */
export interface Drift {
  readonly guardFault?: GuardFault;
  readonly fingerprint: Fingerprint;
  /** The first 50 changes. */
  readonly changes: readonly ConfigurationChange[];
  readonly total: number;
}

/** Who froze the configuration, and how. */
export interface FreezeState {
  readonly frozen: boolean;
  /** ISO 8601, by the database's clock. */
  readonly since?: string;
  readonly cluster?: string;
  readonly workflowId?: string;
  readonly runId?: string;
  readonly guardedTables: number;
  /** Tables that the version list does not know and that were guarded because they look like configuration. */
  readonly unknownTables: readonly string[];
  /** Tables that the version list does not know and that stay writable because they don't look like configuration. */
  readonly unguardedTables: readonly string[];
  /** Plugins because of which nodes write configuration by themselves; `freezeDecisions` says what becomes of it. */
  readonly nodeWriters: readonly NodeWriter[];
  /** After a thaw: what of the guard could not be removed yet and lets everything pass, and why, in words. */
  readonly leftover?: string;
  /** The role that migrations run as; absent where the database user may not create roles. */
  readonly migratorRole?: string;
}
