import { upgradeFolder, type UpgradeRef } from './upgrade.ts';

export type BackupKind = 'database' | 'deck' | 'file';

/** One object in S3, read back after it was written. */
export interface StoredObject {
  readonly kind: BackupKind;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal SHA-256 of the content. */
  readonly sha256: string;
  /** What it was made from: database name, workspace or path. */
  readonly source: string;
}

/** A backup, by reference. */
export interface BackupRef {
  /** `before` the upgrade, or `before-finish`. */
  readonly label: 'before' | 'before-finish';
  readonly bucket: string;
  readonly manifestKey: string;
  readonly objects: readonly StoredObject[];
  readonly bytes: number;
  /** ISO 8601. */
  readonly takenAt: string;
  /** Sizes and checksums were read back and the dump was listed. */
  readonly verified: boolean;
  /** It was restored into a scratch database and row counts and fingerprint were equal. */
  readonly restored: boolean;
  /** Why it could not be restored for a test, where that is so: the proof is missing, not the backup. */
  readonly notRestored?: string;
}

/** What was true of the database at the moment of its dump, in the dump's own snapshot. */
export interface DumpFacts {
  /** Name of the database. */
  readonly database: string;
  /** Version of the server, as it says it. */
  readonly server: string;
  /** What `pg_dump --version` said. */
  readonly program: string;
  /** Of the configuration. */
  readonly fingerprint: string;
  /** Number of rows by `schema.table`, of all tables but Crossfade's own. */
  readonly rows: Readonly<Record<string, number>>;
  /** ISO 8601, by the database's clock. */
  readonly takenAt: string;
}

/** Describes a backup completely; stored beside its objects. */
export interface BackupManifest {
  readonly format: 1;
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly label: BackupRef['label'];
  /** ISO 8601: when the manifest was written, after everything had been read back. */
  readonly takenAt: string;
  /** Versions by name: X, Y, decK, ... */
  readonly versions: Readonly<Record<string, string>>;
  /** `details`: mode and owner of a file and the like. */
  readonly objects: readonly (StoredObject & { readonly details?: Readonly<Record<string, string>> })[];
  readonly database?: DumpFacts;
}

/** Keys of a backup's objects: the same for every attempt. */
export function backupKeys(prefix: string, upgrade: UpgradeRef, label: BackupRef['label']) {
  const folder = [prefix.replace(/^\/+|\/+$/g, ''), upgradeFolder(upgrade), label]
    .filter((part) => part !== '')
    .join('/');
  return {
    dump: `${folder}/database.dump`,
    /** {@link DumpFacts}, from the dump to the manifest. */
    facts: `${folder}/database.json`,
    deck: (workspace: string) => `${folder}/deck/${encodeURIComponent(workspace)}.yaml`,
    file: (path: string) => `${folder}/files/${path.replace(/^\/+/, '')}`,
    manifest: `${folder}/manifest.json`,
  };
}
