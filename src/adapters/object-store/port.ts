import type { S3Ref } from '../../domain/plan/index.ts';

export interface PutOptions {
  /** Small texts kept with the object; names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** Bytes handed to the server so far. */
  readonly onBytes?: (bytes: number) => void;
  /** Stops the upload, leaving nothing behind. */
  readonly signal?: AbortSignal;
  /** Bytes that are expected at most: parts become large enough for it. Without it about 160 GB are possible. */
  readonly atMost?: number;
  /** Where the plan locks objects: so many milliseconds instead of its days. 0 for what is written again and again. */
  readonly lockMs?: number;
}

/** What is known of an object without reading it. */
export interface ObjectHead {
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object in a listing. */
export interface ListedObject {
  readonly key: string;
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** An object that is still there after it was to be removed. */
export interface NotRemoved {
  readonly key: string;
  /** In words. */
  readonly reason: string;
}

/**
 * An S3 bucket. Every call may fail with `BucketMissing`, `S3Credentials`, `S3WrongRegion`, `S3ClockSkew`, `S3EndpointWrong`,
 * `S3Refused` or `S3Unreachable`; the messages name endpoint and bucket. Keys are whole: the plan's prefix is the caller's
 * business.
 */
export interface ObjectStore {
  /**
   * Stores what `body` gives, in parts while it comes, and reads back the size that the server then has. An object appears only
   * when `body` has ended without an error; it replaces an older one. What the plan wants of an object (encryption, lock, tags)
   * is read back. Returns bytes and hexadecimal SHA-256. Errors also `S3Full`, `S3SettingIgnored`.
   */
  put(
    s3: S3Ref,
    key: string,
    body: AsyncIterable<Uint8Array>,
    options?: PutOptions,
  ): Promise<{ size: number; sha256: string }>;
  /** The content as it comes. Error `ObjectMissing`. */
  get(s3: S3Ref, key: string, signal?: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** `undefined` when there is no such object. */
  head(s3: S3Ref, key: string): Promise<ObjectHead | undefined>;
  /** Every object whose key begins with `prefix`, in the order of their keys, page by page as they are read. */
  list(s3: S3Ref, prefix: string, signal?: AbortSignal): AsyncIterable<ListedObject>;
  /** Removes objects, and looks whether they are gone; what was not there counts as removed. Returns what is left, and why. */
  remove(s3: S3Ref, keys: readonly string[], signal?: AbortSignal): Promise<readonly NotRemoved[]>;
  /** Aborts uploads in parts that began before that time and were never completed, where that is permitted. */
  abortOldUploads(s3: S3Ref, prefix: string, begunBefore: Date): Promise<void>;
  /** Begins an upload in parts and aborts it: small objects never need one. */
  tryUpload(s3: S3Ref, key: string): Promise<void>;
}
