import {
  IsomorphicFetchHttpLibrary,
  ResponseContext,
  wrapHttpLibrary,
  type HttpLibrary,
  type RequestContext,
} from '@kubernetes/client-node';
import { CrossfadeError } from '../../../domain/errors/index.ts';

/** Milliseconds that one request may take, with its answer. */
const LIMIT = 10_000;
/** What an excerpt of an answer has at most. */
const EXCERPT = 200;

/**
 * Sends the requests of the client: with a time limit, which it has not, and with every connection closed afterwards, since it makes one for
 * each request. Errors `BalancerUnreachable`, and `BalancerNonsense` for what is not the API of Kubernetes.
 */
export function limitedHttp(server: string, limit = LIMIT): HttpLibrary {
  const plain = new IsomorphicFetchHttpLibrary();
  return wrapHttpLibrary({
    async send(request) {
      request.setSignal(AbortSignal.timeout(limit));
      try {
        const response = await plain.send(request).toPromise();
        const text = withoutCredentials(request, await response.body.text());
        checkAnswer(server, response, text);
        return new ResponseContext(response.httpStatusCode, response.headers, asBody(text));
      } catch (error) {
        throw error instanceof CrossfadeError ? error : unreachable(server, error, limit);
      } finally {
        await request.getDispatcher()?.destroy();
      }
    },
  });
}

const asBody = (text: string) => ({
  text: () => Promise.resolve(text),
  binary: () => Promise.resolve(Buffer.from(text)),
  stream: () => null,
});

/** Whatever answers may send back what it was sent. */
function withoutCredentials(request: RequestContext, text: string): string {
  const secrets = Object.entries(request.getHeaders())
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => value.replace(/^\S+\s+/, ''));
  return secrets.reduce((clean, secret) => (secret === '' ? clean : clean.replaceAll(secret, '***')), text);
}

/** An answer that something was done has to be an object; of refusals the status is enough. */
function checkAnswer(server: string, { httpStatusCode }: ResponseContext, text: string): void {
  if (httpStatusCode < 200 || httpStatusCode > 299 || isObject(text)) return;
  const excerpt = JSON.stringify(text.slice(0, EXCERPT));
  throw new CrossfadeError('BalancerNonsense', `${server} does not answer as Kubernetes does: ${excerpt}.`);
}

function isObject(text: string): boolean {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null && 'kind' in answer;
  } catch {
    return false;
  }
}

/** What is there and speaks something else: no HTTP, or no TLS. */
const speaksOtherwise = ({ name, code }: NodeJS.ErrnoException): boolean =>
  name === 'HTTPParserError' || /^(HPE_|ERR_SSL_)/.test(code ?? '');

function unreachable(server: string, error: unknown, limit: number): CrossfadeError {
  if (error instanceof DOMException && error.name === 'TimeoutError')
    return new CrossfadeError('BalancerUnreachable', `${server} did not answer within ${limit / 1_000} s.`);
  const { cause = error } = error as { cause?: unknown };
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = [code, message].filter((part) => part !== undefined && part !== '').join(': ');
  if (speaksOtherwise(cause as Error))
    return new CrossfadeError('BalancerNonsense', `${server} does not answer as Kubernetes does (${why}).`);
  return new CrossfadeError('BalancerUnreachable', `${server} can't be reached (${why}).`);
}
