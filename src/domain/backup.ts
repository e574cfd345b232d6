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
}
