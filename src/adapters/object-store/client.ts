import { S3Client } from '@aws-sdk/client-s3';
import type { S3Ref } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

const CONNECT_TIMEOUT = 5_000;
/** A connection on which nothing moves for so long is given up; parts are tried again by the SDK. */
const IDLE_TIMEOUT = 30_000;
/** To put the parts of a large object together takes some servers minutes, without a word. */
export const PATIENT = 15 * 60_000;
const ATTEMPTS = 3;

/** A client for one call or one upload; the caller destroys it. Without a key in the plan, credentials are found as AWS tools do. */
export function createS3Client(secrets: Secrets, s3: S3Ref, socketTimeout = IDLE_TIMEOUT): S3Client {
  const { accessKeyId, secretAccessKey } = s3;
  return new S3Client({
    region: s3.region,
    forcePathStyle: s3.pathStyle,
    maxAttempts: ATTEMPTS,
    // Other servers than AWS often don't know the newer checksums; what is stored is checked by SHA-256 anyway.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT, socketTimeout },
    ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint }),
    ...(accessKeyId === undefined || secretAccessKey === undefined
      ? {}
      : {
          credentials: { accessKeyId: secrets.resolve(accessKeyId), secretAccessKey: secrets.resolve(secretAccessKey) },
        }),
  });
}
