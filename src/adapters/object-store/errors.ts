import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';

interface S3Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** No credentials were found at all. */
const NO_CREDENTIALS = 'CredentialsProviderError';
/** Worth another attempt: too slow, in conflict with another request, too many requests. */
const TRY_AGAIN = new Set([408, 409, 429]);

/** Any other answer of this kind (3xx: the bucket is in another region) would be the same the next time. */
const refusedStatus = (status: number | undefined): boolean =>
  status !== undefined && status >= 300 && status < 500 && !TRY_AGAIN.has(status);

/** The object, or for a HEAD of the bucket the bucket, is not there. */
export const isNotFound = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes((error as S3Failure).name ?? '');

/** What an S3 client threw, as one of the catalogue's errors. */
export function s3Error(error: unknown, s3: S3Ref, what: string): CrossfadeError {
  if (error instanceof CrossfadeError) return error;
  const { name = '', message = '', code, $metadata } = error as S3Failure;
  const status = $metadata?.httpStatusCode;
  const where = `bucket "${s3.bucket}" at ${s3.endpoint ?? `AWS, region ${s3.region}`}`;
  const reason = [name === 'Error' ? '' : name, message === '' ? (code ?? '') : message]
    .filter((text) => text !== '')
    .join(': ');
  if (name === 'NoSuchBucket')
    return new CrossfadeError('BucketMissing', `There is no ${where}: ${what} failed.`, { cause: error });
  const refused = name === NO_CREDENTIALS || refusedStatus(status);
  return refused
    ? new CrossfadeError('S3Refused', `The S3 server refused: ${what}, ${where}. ${reason}`, { cause: error })
    : new CrossfadeError('S3Unreachable', `The S3 server failed or does not answer: ${what}, ${where}. ${reason}`, {
        cause: error,
      });
}
