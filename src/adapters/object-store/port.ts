import type { S3Ref } from '../../domain/plan/index.ts';

export interface PutOptions {
  /** Small texts kept with the object; names in lower case. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  /** Bytes handed to the server so far. */
  readonly onBytes?: (bytes: number) => void;
  /** Stops the upload, leaving nothing behind. */
  readonly signal?: AbortSignal;
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

/**
 * An S3 bucket. Every call may fail with `BucketMissing`, `S3Refused` or `S3Unreachable`; the messages name endpoint and
 * bucket. Keys are whole: the plan's prefix is the caller's business.
 */
export interface ObjectStore {
  /**
   * Stores what `body` gives, in parts while it comes, and checks the size that the server then has. An object appears only
   * when `body` has ended without an error; it replaces an older one. Returns bytes and hexadecimal SHA-256.
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
}
