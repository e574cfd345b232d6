import { CrossfadeError, type ErrorCode } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';

interface S3Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  /** Of a name that is unknown. */
  readonly hostname?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** How S3 servers name their errors (AWS, MinIO, Ceph, versitygw), by what a person has to do about them. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchBucket: 'BucketMissing',
  InvalidAccessKeyId: 'S3Credentials',
  SignatureDoesNotMatch: 'S3Credentials',
  ExpiredToken: 'S3Credentials',
  ExpiredTokenException: 'S3Credentials',
  InvalidToken: 'S3Credentials',
  TokenRefreshRequired: 'S3Credentials',
  CredentialsProviderError: 'S3Credentials',
  TokenProviderError: 'S3Credentials',
  PermanentRedirect: 'S3WrongRegion',
  IllegalLocationConstraintException: 'S3WrongRegion',
  RequestTimeTooSkewed: 'S3ClockSkew',
  RequestExpired: 'S3ClockSkew',
  InsufficientStorage: 'S3Full',
  XMinioStorageFull: 'S3Full',
  XMinioAdminBucketQuotaExceeded: 'S3Full',
  QuotaExceeded: 'S3Full',
  ENOTFOUND: 'S3EndpointWrong',
  EPROTO: 'S3EndpointWrong',
  // Of one request that came too slowly, damaged, or after somebody had aborted its upload.
  RequestTimeout: 'S3Unreachable',
  IncompleteBody: 'S3Unreachable',
  BadDigest: 'S3Unreachable',
  XAmzContentSHA256Mismatch: 'S3Unreachable',
  NoSuchUpload: 'S3Unreachable',
  InvalidPart: 'S3Unreachable',
  PreconditionFailed: 'ObjectStoredMeanwhile',
  NotImplemented: 'S3Refused',
};

/** Worth another attempt: too slow, in conflict with another request, too many requests. */
const TRY_AGAIN = new Set([408, 409, 429]);
const NO_SPACE = 507;
/** Forbidden, not for this object, not on this server. */
const NOT_PERMITTED = new Set([403, 405, 501]);

/** The object, or for a HEAD of the bucket the bucket, is not there. */
export const isNotFound = (error: unknown): boolean =>
  ['NoSuchKey', 'NotFound'].includes((error as S3Failure).name ?? '');

/** The server knows the credentials, and does not let them do this; or nobody can do it there. */
export const notPermitted = (error: unknown): boolean => {
  const { $metadata } = error as S3Failure;
  return NOT_PERMITTED.has($metadata?.httpStatusCode ?? 0) && codeOf(error as S3Failure) === 'S3Refused';
};

function codeOf({ name = '', message = '', code = '', $metadata }: S3Failure): ErrorCode {
  const status = $metadata?.httpStatusCode;
  if (name === 'AuthorizationHeaderMalformed') return /region/i.test(message) ? 'S3WrongRegion' : 'S3Credentials';
  const known = CODES[name] ?? CODES[code];
  if (known !== undefined) return known;
  if (/CERT|SIGNED|^ERR_(SSL|TLS)|^HPE_/.test(code)) return 'S3EndpointWrong';
  if (status === undefined) return 'S3Unreachable';
  if (status === NO_SPACE) return 'S3Full';
  if (status >= 300 && status < 400) return 'S3WrongRegion';
  // A page for people instead of an answer in XML: a web server, or a console.
  if (/deserialization/i.test(message) && status < 500) return 'S3EndpointWrong';
  // Any other answer of this kind would be the same the next time.
  return status >= 400 && status < 500 && !TRY_AGAIN.has(status) ? 'S3Refused' : 'S3Unreachable';
}

/** What an S3 client threw, as one of the catalogue's errors. `what` was to be done: "to store KEY". */
export function s3Error(error: unknown, s3: S3Ref, what: string): CrossfadeError {
  if (error instanceof CrossfadeError) return error;
  const failure = error as S3Failure;
  const code = codeOf(failure);
  return new CrossfadeError(code, messageOf(code, failure, s3, what), { cause: error });
}

function messageOf(code: ErrorCode, failure: S3Failure, s3: S3Ref, what: string): string {
  const bucket = `bucket "${s3.bucket}" at ${s3.endpoint ?? `AWS, region ${s3.region}`}`;
  const asked = `when asked ${what} in ${bucket}`;
  const reason = reasonOf(failure);
  switch (code) {
    case 'BucketMissing':
      return `There is no ${bucket}; it was asked ${what}.${styleHint(s3)}`;
    case 'S3Credentials':
      return `The S3 server does not accept the credentials, ${asked}. ${reason}`;
    case 'S3WrongRegion': {
      const region = failure.$response?.headers?.['x-amz-bucket-region'];
      const right = region === undefined ? '' : ` The bucket is in ${region}.`;
      return `"${s3.region}" is not the region, ${asked}.${right} ${reason}`;
    }
    case 'S3ClockSkew':
      return `The clock of this host (${new Date().toISOString()}) and that of the S3 server differ too much, ${asked}. ${reason}`;
    case 'S3Full':
      return `The S3 server has no space left, ${asked}. ${reason}`;
    case 'S3EndpointWrong':
      return `No S3 server answers there, ${asked}. ${reason}${styleHint(s3)}`;
    case 'ObjectStoredMeanwhile':
      return `Somebody else stored the object meanwhile, ${asked}. ${reason}`;
    case 'S3Refused':
      return `The S3 server refused, ${asked}. ${reason}`;
    default:
      return `The S3 server failed or does not answer, ${asked}. ${reason}`;
  }
}

/** A sentence of the server's or the system's own words. */
function reasonOf({ name = '', message = '', code, $metadata }: S3Failure): string {
  const nameless = ['Error', 'AggregateError', 'UnknownError', 'Unknown'].includes(name);
  // The answer to a HEAD is nothing but a number.
  const text = ['', 'UnknownError'].includes(message) ? (code ?? `HTTP ${$metadata?.httpStatusCode ?? '?'}`) : message;
  return `${nameless ? '' : `${name}: `}${text.trim().split('\n')[0]?.replace(/[.:]$/, '') ?? ''}.`;
}

/** A server that knows buckets only as a part of the path can't say so itself. */
const styleHint = ({ endpoint, pathStyle, bucket }: S3Ref): string =>
  endpoint === undefined || pathStyle
    ? ''
    : ` The bucket was made a part of the host name (${bucket}.${new URL(endpoint).hostname}); a server that wants it in the path needs \`pathStyle: true\`.`;
