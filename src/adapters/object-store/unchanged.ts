import { HeadObjectCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { isNotFound, notPermitted } from './errors.ts';

/** A condition for storing an object: it is still the one that was there, or there is still none. */
export type Unchanged = Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'>;

/** What is there now. */
export async function asItIs(client: S3Client, object: { Bucket: string; Key: string }): Promise<Unchanged> {
  try {
    const { ETag } = await client.send(new HeadObjectCommand(object));
    return { IfMatch: ETag };
  } catch (error) {
    if (isNotFound(error)) return { IfNoneMatch: '*' };
    // Who may not list gets this answer on AWS for what is not there.
    if (notPermitted(error)) return {};
    throw error;
  }
}

/** Stores only what nobody else has stored meanwhile; on a server that knows no conditions, whoever comes last. */
export async function ifUnchanged<T>(condition: Unchanged, send: (condition: Unchanged) => Promise<T>): Promise<T> {
  try {
    return await send(condition);
  } catch (error) {
    if ((error as Error).name !== 'NotImplemented') throw error;
    return send({});
  }
}
