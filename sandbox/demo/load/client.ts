import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came of one request. */
export interface Outcome {
  /** What was wrong; nothing if it was answered as it should be. */
  readonly failure?: string;
  readonly byFault: boolean;
  /** Of the Kong that answered. */
  readonly version?: string;
  readonly what: string;
}

export interface ClientOptions {
  readonly number: number;
  readonly port: number;
  readonly path: string;
  readonly key: string;
  readonly everyMs: number;
  record(outcome: Outcome): void;
  onIdleClose(): void;
  isRunning(): boolean;
}

const TIMEOUT = 20_000;
const BODY = 'x'.repeat(300);

/** One request after the other on one connection, as long as the server lets it. */
export async function keepAliveClient(options: ClientOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const watched = new WeakSet<Socket>();
  let busy = false;
  agent.on('free', (socket: Socket) => {
    if (watched.has(socket)) return;
    watched.add(socket);
    // A request that meets the close is a failed one, counted as such; this is for connections without one.
    socket.once('close', () => {
      if (!busy && options.isRunning()) options.onIdleClose();
    });
  });
  await everySoOften(options, async (method) => {
    busy = true;
    options.record(await send(options, method, agent));
    busy = false;
  });
  agent.destroy();
}

/** A new connection for each request. */
export async function newConnectionClient(options: ClientOptions): Promise<void> {
  await everySoOften(options, async (method) => {
    const agent = new Agent({ keepAlive: false });
    options.record(await send(options, method, agent));
    agent.destroy();
  });
}

/** At a steady pace; what a slow answer cost is not caught up. Half of the clients begin with GET, half with POST. */
async function everySoOften(options: ClientOptions, one: (method: 'GET' | 'POST') => Promise<void>): Promise<void> {
  const { number, everyMs, isRunning } = options;
  let due = performance.now() + Math.random() * everyMs;
  for (let sent = number; isRunning(); sent += 1) {
    await sleep(Math.max(0, due - performance.now()));
    if (!isRunning()) return;
    await one(sent % 2 === 0 ? 'GET' : 'POST');
    due = Math.max(due + everyMs, performance.now());
  }
}

async function send({ port, path, key }: ClientOptions, method: 'GET' | 'POST', agent: Agent): Promise<Outcome> {
  const body = method === 'POST' ? BODY : '';
  const what = `${method} ${path}`;
  const headers = { apikey: key, 'content-length': String(body.length) };
  const sent = request({ host: '127.0.0.1', port, method, path, headers, agent, timeout: TIMEOUT });
  // What comes after the answer is of no interest; what comes before is thrown below as well.
  sent.on('error', () => undefined);
  sent.on('timeout', () => sent.destroy(new Error(`no answer within ${TIMEOUT / 1000} s`)));
  try {
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const received = await readAll(answer);
    const version = /kong\/([\d.]+)/.exec(String(answer.headers.via ?? answer.headers.server ?? ''))?.[1];
    const failure = wrong(answer.statusCode ?? 0, received, method, body.length);
    return {
      byFault: answer.headers['x-standin-fault'] !== undefined,
      what,
      ...(version === undefined ? {} : { version }),
      ...(failure === undefined ? {} : { failure }),
    };
  } catch (error) {
    return { failure: (error as Error).message, byFault: false, what };
  }
}

async function readAll(answer: IncomingMessage): Promise<string> {
  let body = '';
  answer.setEncoding('utf8').on('data', (part: string) => (body += part));
  await once(answer, 'end');
  return body;
}

/** The upstream says what it got: that must be what was sent. */
function wrong(status: number, body: string, method: string, sent: number): string | undefined {
  if (status !== 200) return `status ${status}: ${body.slice(0, 200)}`;
  try {
    const got = JSON.parse(body) as { method?: string; bodyLength?: number };
    if (got.method === method && got.bodyLength === sent) return undefined;
    return `the upstream got ${got.method} with ${got.bodyLength} bytes instead of ${method} with ${sent}`;
  } catch {
    return `not the upstream's answer: ${body.slice(0, 200)}`;
  }
}
