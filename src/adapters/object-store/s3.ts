import type { Readable } from 'node:stream';
import { GetObjectCommand, HeadObjectCommand, paginateListObjectsV2, type S3Client } from '@aws-sdk/client-s3';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { createS3Client, PATIENT } from './client.ts';
import { isNotFound, s3Error } from './errors.ts';
import type { ObjectStore } from './port.ts';
import { putObject } from './put.ts';
import { removeObjects } from './remove.ts';
import { abortOldUploads, tryUpload } from './upload.ts';

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

  return {
    async put(s3, key, body, options = {}) {
      const clients = { client: createS3Client(secrets, s3), patient: createS3Client(secrets, s3, PATIENT) };
      try {
        return await putObject(clients, s3, key, body, options);
      } finally {
        clients.client.destroy();
        clients.patient.destroy();
      }
    },

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
        const object = { Bucket: s3.bucket, Key: key };
        try {
          const { ContentLength = 0, Metadata = {} } = await client.send(new HeadObjectCommand(object));
          return { size: ContentLength, metadata: Metadata };
        } catch (error) {
          await explainHead(client, object);
          if (!isNotFound(error)) throw error;
          return undefined;
        }
      }),

    async *list(s3, prefix, signal) {
      const client = createS3Client(secrets, s3);
      try {
        const pages = paginateListObjectsV2({ client }, { Bucket: s3.bucket, Prefix: prefix });
        for await (const { Contents = [] } of pages) {
          signal?.throwIfAborted();
          for (const { Key: key, Size: size = 0, LastModified } of Contents)
            if (key !== undefined) yield { key, size, modified: (LastModified ?? new Date(0)).toISOString() };
        }
      } catch (error) {
        throw s3Error(error, s3, `to list ${prefix}`);
      } finally {
        client.destroy();
      }
    },

    remove: (s3, keys, signal) => attempt(s3, 'to remove objects', (client) => removeObjects(client, s3, keys, signal)),

    abortOldUploads: (s3, prefix, begunBefore) =>
      attempt(s3, `to abort uploads below ${prefix}`, (client) =>
        abortOldUploads(client, s3.bucket, prefix, begunBefore),
      ),

    tryUpload: (s3, key) => attempt(s3, `to upload ${key} in parts`, (client) => tryUpload(client, s3, key)),
  };
}

/** The answer to a HEAD has no body that says what is wrong, or missing: the object or the whole bucket. That to a GET has one. */
async function explainHead(client: S3Client, object: { Bucket: string; Key: string }): Promise<void> {
  try {
    await client.send(new GetObjectCommand({ ...object, Range: 'bytes=0-0' }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
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
