import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';

// The upstreams are plain servers that close idle connections after about 5 s: leave before they do.
const IDLE_MS = 4000;
/** Bodies up to this size are kept until they are sent, like Kong's request buffering, so that they can be sent again. */
const BUFFERED = 256 * 1024;

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Record<string, string | string[]>;
  readonly timeoutMs: number;
}

/** Why there is no answer of an upstream, with the status that Kong gives then. */
export class UpstreamError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const agent = new Agent({ keepAlive: true, maxFreeSockets: 512, scheduling: 'lifo', timeout: IDLE_MS });

type Body =
  { readonly whole: Buffer | undefined } | { readonly start: readonly Buffer[]; readonly rest: IncomingMessage };

async function readBody(request: IncomingMessage): Promise<Body> {
  if (request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined) {
    request.resume();
    return { whole: undefined };
  }
  return new Promise((done, failed) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const finish = (body: Body): void => {
      request.off('data', onData).off('end', onEnd).off('error', failed);
      done(body);
    };
    const onData = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= BUFFERED) return;
      request.pause();
      finish({ start: chunks, rest: request });
    };
    const onEnd = (): void => finish({ whole: Buffer.concat(chunks) });
    request.on('data', onData).once('end', onEnd).once('error', failed);
  });
}

function send(client: IncomingMessage, target: Target, body: Body): Promise<IncomingMessage> {
  return new Promise((done, failed) => {
    const upstream = httpRequest({
      // A connection that is upgraded is nobody else's afterwards.
      agent: 'upgrade' in target.headers ? false : agent,
      host: target.host,
      port: target.port,
      path: target.path,
      method: client.method ?? 'GET',
      headers: target.headers,
      setHost: false,
    });
    upstream.setTimeout(target.timeoutMs, () =>
      upstream.destroy(new UpstreamError(504, 'The upstream server is timing out')),
    );
    upstream.once('response', done);
    upstream.once('upgrade', (answer, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      done(answer);
    });
    upstream.once('error', (error) => {
      const stale = upstream.reusedSocket && !('rest' in body) && !(error instanceof UpstreamError);
      if (stale) send(client, target, body).then(done, failed);
      else failed(error);
    });
    client.once('close', () => {
      if (!client.complete) upstream.destroy();
    });
    if ('rest' in body) {
      for (const chunk of body.start) upstream.write(chunk);
      body.rest.pipe(upstream);
    } else upstream.end(body.whole);
  });
}

/** Sends the client's request on. Throws {@link UpstreamError}. */
export async function ask(client: IncomingMessage, target: Target): Promise<IncomingMessage> {
  const body = await readBody(client);
  if ('whole' in body && body.whole !== undefined) {
    delete target.headers['transfer-encoding'];
    target.headers['content-length'] = String(body.whole.length);
  }
  try {
    return await send(client, target, body);
  } catch (error) {
    if (error instanceof UpstreamError) throw error;
    throw new UpstreamError(502, 'An invalid response was received from the upstream server');
  }
}

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
  'transfer-encoding',
]);

/** The upstream's headers that reach the client, as Node's flat list of names and values. */
export function responseHeaders(upstream: IncomingMessage): string[] {
  const headers: string[] = [];
  const raw = upstream.rawHeaders;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    if (!HOP_BY_HOP.has(name.toLowerCase())) headers.push(name, raw[i + 1] as string);
  }
  return headers;
}

/** The client's headers that reach the upstream. */
export function requestHeaders(
  client: IncomingMessage,
  hidden: ReadonlySet<string>,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(client.headers)) {
    if (value === undefined || HOP_BY_HOP.has(name) || hidden.has(name)) continue;
    headers[name] = value;
  }
  if (client.headers['transfer-encoding'] !== undefined) headers['transfer-encoding'] = 'chunked';
  return headers;
}

/** Copies the body; a broken upstream breaks the client's connection, as nothing else can be said any more. */
export function relay(upstream: IncomingMessage, response: ServerResponse): void {
  upstream.once('error', () => response.destroy());
  response.once('close', () => {
    if (!upstream.complete) upstream.destroy();
  });
  upstream.pipe(response);
}

/** What Kong passes on of all upgrades. */
export const wantsWebSocket = ({ headers }: IncomingMessage): boolean => headers.upgrade?.toLowerCase() === 'websocket';

/** The upstream has switched protocols: from here on bytes go both ways, until either side ends. */
export function tunnel(upstream: IncomingMessage, response: ServerResponse, headers: readonly string[]): void {
  const { socket } = upstream;
  response.writeHead(101, [...headers, 'Connection', 'upgrade', 'Upgrade', 'websocket']);
  response.flushHeaders();
  const client = response.socket;
  if (client === null) return void socket.destroy();
  for (const [from, to] of [
    [client, socket],
    [socket, client],
  ] as const) {
    from.pipe(to);
    from.once('error', () => to.destroy());
    from.once('close', () => to.destroy());
  }
}
