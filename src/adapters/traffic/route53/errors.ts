import { CrossfadeError, type ErrorCode } from '../../../domain/errors/index.ts';

interface Failure {
  readonly name?: string;
  readonly message?: string;
  /** Of the system, or of what reads HTTP. */
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** How AWS names its errors, by what a person has to do about them. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  NoSuchHostedZone: 'BalancerNotPrepared',
  Throttling: 'BalancerBusy',
  ThrottlingException: 'BalancerBusy',
  TooManyRequestsException: 'BalancerBusy',
  PriorRequestNotComplete: 'BalancerBusy',
  // What gives them out (the machine's metadata, STS) may be away for a moment, like Route 53 itself.
  CredentialsProviderError: 'BalancerUnreachable',
  TokenProviderError: 'BalancerUnreachable',
};

function codeOf({ name = '', message = '', code = '', $metadata }: Failure): ErrorCode {
  const known = CODES[name];
  if (known !== undefined) return known;
  if (/deserialization/i.test(message) || code.startsWith('HPE_')) return 'BalancerNonsense';
  const status = $metadata?.httpStatusCode;
  if (status === undefined || status >= 500) return 'BalancerUnreachable';
  if (status === 429) return 'BalancerBusy';
  if (status === 401 || status === 403) return 'BalancerRefused';
  // What has no name of AWS's comes from another web server, or from an answer that said that all is well.
  const nameless = ['', 'Unknown', 'UnknownError', 'Error'].includes(name);
  return nameless || status === 404 || status < 400 ? 'BalancerNonsense' : 'BalancerRefused';
}

const WORDS: Partial<Record<ErrorCode, string>> = {
  BalancerNotPrepared: 'Route 53 does not know what it was asked about',
  BalancerBusy: 'Route 53 is busy with other requests',
  BalancerRefused: 'Route 53 refuses',
  BalancerNonsense: 'What answers is not Route 53',
  BalancerUnreachable: 'Route 53 fails, or does not answer',
};

/**
 * What the client threw, as one of the catalogue's errors.
 *
 * @param action the right that the worker needs for it: `route53:GetChange`
 * @param where for people
 */
export function route53Error(error: unknown, action: string, where: string): CrossfadeError {
  if (error instanceof CrossfadeError) return error;
  const failure = error as Failure;
  const code = codeOf(failure);
  return new CrossfadeError(code, `${WORDS[code]} (${action}, ${where}). ${reasonOf(failure)}`, { cause: error });
}

/** One sentence of the server's or the system's own words. */
function reasonOf({ name = '', message = '', code, $metadata }: Failure): string {
  const nameless = ['Error', 'AggregateError', 'SyntaxError', 'UnknownError', 'Unknown'].includes(name);
  const text = ['', 'UnknownError'].includes(message) ? (code ?? `HTTP ${$metadata?.httpStatusCode ?? '?'}`) : message;
  const line = text.trim().split('\n')[0]?.slice(0, 300).replace(/[.:]$/, '') ?? '';
  return `${nameless ? '' : `${name}: `}${line}.`;
}
