import type { BackupLabel, BackupRef, StoredObject } from '../../domain/backup.ts';
import type { DatabaseRef, Encrypt, Plan, Retention, S3Ref, Side } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

/** Where a backup goes, and which one it is. */
export interface BackupTarget {
  readonly s3: S3Ref;
  readonly encrypt?: Encrypt;
  readonly upgrade: UpgradeRef;
  readonly label: BackupLabel;
}

/** A backup to be read, and the server that gets the scratch database: Kong's own without `on`. */
export interface BackupToTry {
  readonly s3: S3Ref;
  readonly encrypt?: Encrypt;
  readonly backup: BackupRef;
  readonly on?: DatabaseRef;
}

/** `backup/`, host of Y's runner unless something else is said */
export interface BackupActivities {
  /** `pg_dump` of Kong's database, without the guard, to S3. `leftOut`: tables whose rows stay out. */
  dumpDatabase(input: BackupTarget & { database: DatabaseRef; leaveOut: readonly string[] }): Promise<StoredObject>;
  /** `deck gateway dump` of every workspace; none when decK is off. `version`: decK's. */
  dumpDeclarative(
    input: BackupTarget & { deck: Plan['backup']['deck']; admin: string; access: Side['admin'] },
  ): Promise<{ objects: readonly StoredObject[]; version?: string }>;
  /** Where Keyring and Data Encryption is on: Kong's own export of it. */
  exportKeyring(input: BackupTarget & { admin: string; access: Side['admin'] }): Promise<StoredObject | undefined>;
  /**
   * host of a side. Its static files in one archive, by path or glob, and what local nodes keep in their prefix (environment,
   * nginx's configuration); `undefined` when there is nothing to store.
   */
  storeFiles(
    input: BackupTarget & { host: string; files: readonly string[]; prefixes: readonly string[] },
  ): Promise<StoredObject | undefined>;
  /** Reads every object back (size, SHA-256), lists the dump, writes the manifest. `startedAt`: ISO 8601. */
  sealBackup(
    input: BackupTarget & {
      objects: readonly StoredObject[];
      fingerprint: string;
      versions: Record<string, string>;
      startedAt: string;
    },
  ): Promise<BackupRef>;
  /** Restores the dump into a scratch database, compares row counts and fingerprint, drops it. */
  drillRestore(input: BackupToTry & { database: DatabaseRef; upgrade: UpgradeRef }): Promise<BackupRef>;
  /**
   * Removes old backups of the cluster; never one of an upgrade that has not ended. Their names, as people call them; for those
   * that had to stay, why; and how many there are afterwards.
   */
  removeOldBackups(input: {
    s3: S3Ref;
    upgrade: UpgradeRef;
    retention: Retention;
  }): Promise<{ removed: readonly string[]; kept: number; notRemoved: readonly string[] }>;
}
