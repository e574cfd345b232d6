import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { AdminAccess } from '../../domain/plan/index.ts';

export interface Call {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly tls?: Pick<AdminAccess, 'ca' | 'cert' | 'key'> | undefined;
  /** Milliseconds for the whole call. */
  readonly timeout: number;
  /** For the message when it does not answer: the name of the node, and which of its addresses this is. */
  readonly who: string;
  /** Bytes of the body that are read at most; more is an error. */
  readonly most?: number;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const CONNECT_TIMEOUT = 2_000;
const MOST = 64 * 1024 * 1024;

/** One HTTP call on a connection of its own, which is closed at its end. Error `NodeUnreachable`. */
export async function call(one: Call): Promise<Answer> {
  const { ca, cert, key } = one.tls ?? {};
  const read = (file: string) => readFileSync(file, 'utf8');
  const agent = new Agent({
    connectTimeout: CONNECT_TIMEOUT,
    pipelining: 0,
    connect: {
      ...(ca === undefined ? {} : { ca: read(ca) }),
      ...(cert === undefined ? {} : { cert: read(cert) }),
      ...(key === undefined ? {} : { key: read(key) }),
    },
  });
  try {
    const answer = await request(one.url, {
      dispatcher: agent,
      method: (one.method ?? 'GET') as 'GET',
      headers: one.headers ?? {},
      body: one.body ?? null,
      signal: AbortSignal.timeout(one.timeout),
    });
    return {
      status: answer.statusCode,
      headers: flat(answer.headers),
      body: await readBody(answer.body, one.most ?? MOST),
    };
  } catch (cause) {
    throw new CrossfadeError('NodeUnreachable', `${one.who} does not answer at ${one.url}: ${reason(cause)}.`, {
      cause,
    });
  } finally {
    await agent.destroy();
  }
}

async function readBody(body: AsyncIterable<Buffer>, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > most) throw new Error(`its answer has more than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** A host name with several addresses gives an error without a message of its own. */
function reason(cause: unknown): string {
  const { message, code, name } = cause as { message?: string; code?: string; name?: string };
  if (name === 'TimeoutError') return 'no answer in time';
  return message === undefined || message === '' ? (code ?? 'unknown reason') : message;
}
