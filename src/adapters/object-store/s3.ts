import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { createS3Client } from './client.ts';
import { isNotFound, s3Error } from './errors.ts';
import type { ObjectStore } from './port.ts';

/** Parts in flight and their size: bounds the memory of an upload, whatever its size. 10,000 parts are the most. */
const PARTS_IN_FLIGHT = 4;
const PART_SIZE = 16 * 1024 * 1024;

export function createS3Store(secrets: Secrets): ObjectStore {
  async function attempt<T>(s3: S3Ref, what: string, use: (client: S3Client) => Promise<T>): Promise<T> {
    const client = createS3Client(secrets, s3);
    try {
      return await use(client);
    } catch (error) {
      throw s3Error(error, s3, what);
    } finally {
      client.destroy();
    }
  }

  const store: ObjectStore = {
    put: (s3, key, body, { metadata, contentType, onBytes, signal } = {}) =>
      attempt(s3, `to store ${key}`, async (client) => {
        // Parts that a killed worker left would be kept, and paid for, for ever.
        await abortUploads(client, s3.bucket, key);
        const measured = measure(body, onBytes, signal);
        const source = Readable.from(measured.body, { objectMode: false });
        const params = {
          Bucket: s3.bucket,
          Key: key,
          Body: source,
          ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
          ...(contentType === undefined ? {} : { ContentType: contentType }),
        };
        try {
          await new Upload({ client, params, queueSize: PARTS_IN_FLIGHT, partSize: PART_SIZE }).done();
        } catch (error) {
          source.destroy();
          await abortUploads(client, s3.bucket, key).catch(() => undefined);
          // What went wrong in the source is the caller's error, not the server's.
          throw measured.failure() ?? error;
        }
        const written = measured.result();
        const found = await client.send(new HeadObjectCommand({ Bucket: s3.bucket, Key: key }));
        if (found.ContentLength !== written.size)
          throw new Error(`${key} should have ${written.size} bytes and has ${found.ContentLength}`);
        return written;
      }).catch((error: unknown) => {
        throw signal?.aborted === true ? signal.reason : error;
      }),

    async get(s3, key, signal) {
      const client = createS3Client(secrets, s3);
      const what = `to read ${key}`;
      try {
        const options = signal === undefined ? {} : { abortSignal: signal };
        const { Body } = await client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: key }), options);
        return content(client, Body as Readable, s3, what);
      } catch (error) {
        client.destroy();
        if (!isNotFound(error)) throw s3Error(error, s3, what);
        throw new CrossfadeError('ObjectMissing', `The object ${key} is not in bucket "${s3.bucket}".`, {
          cause: error,
        });
      }
    },

    head: (s3, key) =>
      attempt(s3, `to look at ${key}`, async (client) => {
        try {
          const { ContentLength = 0, Metadata = {} } = await client.send(
            new HeadObjectCommand({ Bucket: s3.bucket, Key: key }),
          );
          return { size: ContentLength, metadata: Metadata };
        } catch (error) {
          if (!isNotFound(error)) throw error;
          await requireBucket(client, s3.bucket);
          return undefined;
        }
      }),
  };
  return store;
}

/** The answer to a HEAD has no body that says what is missing: the object or the whole bucket. */
async function requireBucket(client: S3Client, bucket: string): Promise<void> {
  try {
    await client.send(new HeadBucketCommand({ Bucket: bucket }));
  } catch (error) {
    throw isNotFound(error) ? Object.assign(new Error('There is no such bucket.'), { name: 'NoSuchBucket' }) : error;
  }
}

async function* content(client: S3Client, body: Readable, s3: S3Ref, what: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk as Uint8Array;
  } catch (error) {
    throw s3Error(error, s3, what);
  } finally {
    client.destroy();
  }
}

/** Counts and hashes what flows through, and remembers if the source failed. */
function measure(
  source: AsyncIterable<Uint8Array>,
  onBytes: ((bytes: number) => void) | undefined,
  signal: AbortSignal | undefined,
) {
  const hash = createHash('sha256');
  let size = 0;
  let failure: unknown;
  async function* body(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source) {
        signal?.throwIfAborted();
        hash.update(chunk);
        size += chunk.length;
        onBytes?.(size);
        yield chunk;
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  }
  return { body: body(), failure: () => failure, result: () => ({ size, sha256: hash.digest('hex') }) };
}

async function abortUploads(client: S3Client, bucket: string, key: string): Promise<void> {
  let uploads: MultipartUpload[];
  try {
    uploads = (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: key }))).Uploads ?? [];
  } catch (error) {
    // Not everybody who may store may list; such parts are then left to the bucket's own rules.
    if (!['AccessDenied', 'NotImplemented'].includes((error as Error).name)) throw error;
    return;
  }
  for (const { Key, UploadId } of uploads)
    if (Key === key) await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId }));
}
