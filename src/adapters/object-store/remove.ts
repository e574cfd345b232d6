import { DeleteObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { S3Ref } from '../../domain/plan/index.ts';
import { isNotFound, notPermitted, s3Error } from './errors.ts';
import type { NotRemoved } from './port.ts';

/**
 * One by one: a request for many needs a checksum that not every server knows. Only what the server says of the one object is
 * returned; any other error would be the same for the rest, and is thrown.
 */
export async function removeObjects(
  client: S3Client,
  s3: S3Ref,
  keys: readonly string[],
  signal?: AbortSignal,
): Promise<readonly NotRemoved[]> {
  const left: NotRemoved[] = [];
  for (const key of keys) {
    signal?.throwIfAborted();
    const reason = await removeOne(client, s3, key);
    if (reason !== undefined) left.push({ key, reason });
  }
  return left;
}

async function removeOne(client: S3Client, s3: S3Ref, Key: string): Promise<string | undefined> {
  const object = { Bucket: s3.bucket, Key };
  try {
    const head = await client.send(new HeadObjectCommand(object));
    const { ObjectLockRetainUntilDate: until, ObjectLockLegalHoldStatus: hold } = head;
    // A bucket with locks has versions: it would take the removal, hide the object, and keep it.
    if (hold === 'ON') return 'it is under a legal hold';
    if (until !== undefined && until.getTime() > Date.now()) return `it is locked until ${until.toISOString()}`;
    await client.send(new DeleteObjectCommand(object));
    await client.send(new HeadObjectCommand(object));
    return 'the server said that it was removed, and still has it';
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (notPermitted(error)) return s3Error(error, s3, `to remove ${Key}`).message;
    throw error;
  }
}
