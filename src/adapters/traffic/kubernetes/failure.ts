import { ApiException } from '@kubernetes/client-node';
import { CrossfadeError } from '../../../domain/errors/index.ts';

/** The object was changed since it was read, or other fields' owner came in between: it is read again and decided anew. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

export class NotFound extends Error {
  override readonly name = 'NotFound';
}

/** Most that is shown of what the API says. */
const LONGEST = 400;

/** What the client puts before our own words when it asked for the kinds first. */
const ASKING_FIRST = /^Failed to fetch resource metadata for \S+: /;

/** What a request has failed of: {@link Conflict}, {@link NotFound}, or an error of the catalogue with what was asked. */
export function failure(server: string, asked: string, error: unknown): Error {
  if (error instanceof Conflict || error instanceof NotFound) return error;
  if (error instanceof CrossfadeError) return new CrossfadeError(error.code, error.message.replace(ASKING_FIRST, ''));
  const place = `${server}, ${asked}`;
  // Without a status it is the answer itself that could not be read.
  if (!(error instanceof ApiException))
    return new CrossfadeError('BalancerNonsense', `${place}: ${(error as Error).message.slice(0, LONGEST)}`);
  const code = error.code;
  const said = message(error.body) ?? `answered ${code}`;
  if (code === 401 || code === 403) return new CrossfadeError('BalancerRefused', `${place}: ${said}`);
  if (code === 404) return new NotFound(`${place}: ${said}`);
  if (code === 409) return new Conflict(`${place}: ${said}`);
  if (code === 429 || code >= 500) return new CrossfadeError('BalancerUnreachable', `${place}: ${said}`);
  return new CrossfadeError('BalancerRefused', `${place}: ${said}`);
}

/** The API puts what went wrong into an object of the kind `Status`. */
function message(body: unknown): string | undefined {
  try {
    const status = JSON.parse(String(body)) as { kind?: unknown; message?: unknown };
    return status.kind === 'Status' && typeof status.message === 'string'
      ? status.message.slice(0, LONGEST)
      : undefined;
  } catch {
    return undefined;
  }
}
