import type { BackupKind, StoredObject } from '../../domain/backup.ts';
import type { Encrypt, S3Ref } from '../../domain/plan/index.ts';

/** Where backups are, and how they are encrypted. */
export interface BackupStore {
  readonly s3: S3Ref;
  readonly encrypt?: Encrypt | undefined;
}

export interface NewObject {
  readonly kind: BackupKind;
  /** Without the endings that tell the packing (`.zst`, `.age`). */
  readonly key: string;
  /** What it is made from: database name, workspace, host. */
  readonly source: string;
  readonly compress: boolean;
  /** Bytes, as stored, that it surely stays below: what is large is sent in larger parts. */
  readonly atMost?: number;
}

/** How far it is. */
export interface ObjectProgress {
  /** Bytes of the content, before it was packed or after it was unpacked. */
  readonly onContent?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

/** The objects of a backup: packed and encrypted on their way to S3, checked and unpacked on their way back. */
export interface BackupObjects {
  /** Stores what `content` gives while it comes. Errors of `ObjectStore.put`; what `content` throws comes through. */
  write(
    to: BackupStore,
    object: NewObject,
    content: AsyncIterable<Uint8Array>,
    how?: ObjectProgress,
  ): Promise<StoredObject>;
  /**
   * The content as it comes. Throws instead of ending when the object is not what was stored: `BackupDamaged`. Other errors:
   * `ObjectMissing`, and `CannotDecrypt`, which comes before anything is read where the plan has no identity.
   */
  read(from: BackupStore, object: StoredObject, how?: ObjectProgress): AsyncIterable<Uint8Array>;
  /**
   * Reads the object to its end as it is stored and compares size and SHA-256: `onContent` counts its bytes. Errors `BackupDamaged`,
   * `ObjectMissing`.
   */
  verify(s3: S3Ref, object: StoredObject, how?: ObjectProgress): Promise<void>;
}
