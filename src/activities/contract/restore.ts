import type { DatabaseRef, Encrypt, Fault, S3Ref, Side, SideAddresses } from '../../domain/plan/index.ts';
import type { BackupFacts, RestoreLook, RestoreNames, RestoreRequest } from '../../domain/restore/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

// Taking a backup back. The manifest is read again by whoever needs it: it is too large for a history.

/** Where the backup is, and which one. */
export interface BackupSource {
  readonly s3: S3Ref;
  readonly encrypt?: Encrypt;
  readonly manifestKey: string;
}

/** `restore/` */
export interface RestoreActivities {
  /** Checks what a restore is asked for, fills in the plan's defaults, finds out which search attributes the server has. */
  openRestore(input: {
    input: unknown;
    workflowId: string;
  }): Promise<{ request?: RestoreRequest; faults: readonly Fault[]; searchAttributes: readonly string[] }>;
  /**
   * host of Y's runner. Finds the backup by what a person calls it, reads every object to its end and, where one is encrypted, its
   * beginning with the plan's identity; with `only` no others than are needed. `x`: X's version; where the database is left alone it may be any. Errors `BackupMissing`, `ObjectMissing`, `BackupDamaged`,
   * `CannotDecrypt`, `BackupOfAnother`; `FolderTaken` where the files can't go to `folder`.
   */
  checkBackup(input: {
    s3: S3Ref;
    encrypt?: Encrypt;
    cluster: string;
    backup: string;
    x?: string;
    folder?: string;
    only?: RestoreRequest['only'];
    runId: string;
  }): Promise<BackupFacts>;
  /** What is there now against what is in the backup, and what stands in the way of a swap. `restored`: number of the database, once there is one. */
  lookBeforeSwap(
    input: BackupSource & {
      database: DatabaseRef;
      x: SideAddresses;
      y: SideAddresses;
      names: RestoreNames;
      workflowId: string;
      restored?: number;
    },
  ): Promise<RestoreLook>;
  /**
   * host of Y's runner. Restores the dump into a new database and proves it by the manifest: row counts and fingerprint. Returns
   * PostgreSQL's number of it, and in words what it lacks. Errors `RestoreFailed`, `RestoreDiffers`, `DatabaseNotPermitted`.
   */
  restoreBeside(
    input: BackupSource & { database: DatabaseRef; names: RestoreNames },
  ): Promise<{ restored: number; remarks: readonly string[] }>;
  /**
   * host of X's runner. X's own `kong migrations list` on the restored database; says in words what came out. Error `NotCleanForX`.
   * Commands of the user's own know no other database: then it is not asked, and said so.
   */
  askX(input: { cluster: Side; database: DatabaseRef; names: RestoreNames }): Promise<string>;
  /**
   * The restored database gets the name of the real one, which is kept under another: both or neither. Errors `DatabaseInUse`,
   * `DatabaseNotPermitted`, `NamesChanged`: none of them after something was done.
   */
  swapNames(input: {
    database: DatabaseRef;
    names: RestoreNames;
    numbers: { present?: number; restored: number };
  }): Promise<void>;
  /** Drops the restored database, unless the names were swapped. Tolerates that it never was. Returns whether they were. */
  dropRestored(input: { database: DatabaseRef; names: RestoreNames; restored?: number }): Promise<{ swapped: boolean }>;
  /**
   * host of Y's runner. Unpacks static files, decK's dumps and the keyring into a new folder; all or nothing. Returns where, and in words
   * what is still packed. Errors `FolderTaken`, `ArchiveUnsafe`, `BackupDamaged`.
   */
  unpackBackup(
    input: BackupSource & { folder: string; upgrade: UpgradeRef },
  ): Promise<{ folder: string; files: number; remarks: readonly string[] }>;
  /** host of Y's runner. Removes what an attempt to unpack has left half-done. */
  removeUnpacked(input: BackupSource & { folder: string; upgrade: UpgradeRef }): Promise<void>;
}
