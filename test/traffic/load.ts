import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** `keep-alive`: one connection for ever; `new-connection`: one for each request; `slow`: kept, and each answer takes its time. */
type Kind = 'keep-alive' | 'new-connection' | 'slow';

export interface Load {
  /** How many requests each node answered since the last call; and forgets them. */
  take(): Record<string, number>;
  /** A client never tries again, so each of these is a request that somebody has lost. */
  readonly failures: readonly string[];
  /** Kept connections that were closed while no request was on them: no request is lost, the client connects again. */
  idleClosed(): number;
  total(): number;
  of(kind: Kind): number;
  stop(): Promise<void>;
}

/** Keep-alive clients that send one request after the other, as fast as they are answered. */
export const startLoad = (port: number, clients: number): Load => startClients(port, times(clients, 'keep-alive'));

const SLOW_MS = 300;
const FAST = [...times(12, 'keep-alive'), ...times(6, 'new-connection')];

/**
 * What a balancer meets: keep-alive clients, clients that connect anew for each request, and slow requests; half of all POST. First a
 * second as fast as it goes, to know what can be served; from then on `share` of that.
 */
export async function startMixedLoad(port: number, share = 0.7): Promise<Load & { readonly perSecond: number }> {
  const begun = performance.now();
  const trial = startClients(port, FAST);
  await sleep(1_000);
  await trial.stop();
  if (trial.failures.length > 0) throw new Error(`before anything was changed: ${trial.failures.join(', ')}`);
  const perSecond = (share * trial.total() * 1_000) / (performance.now() - begun);
  const every = (1_000 * FAST.length) / perSecond;
  return { perSecond, ...startClients(port, [...FAST, ...times(6, 'slow')], every) };
}

function startClients(port: number, kinds: readonly Kind[], every = 0): Load {
  const failures: string[] = [];
  const totals = { 'keep-alive': 0, 'new-connection': 0, slow: 0 };
  let counts: Record<string, number> = {};
  let idleClosed = 0;
  let running = true;

  async function client(kind: Kind, number: number): Promise<void> {
    let busy = false;
    const agent = new Agent({ keepAlive: kind !== 'new-connection', maxSockets: 1 });
    const watched = new WeakSet();
    const watch = (sent: ReturnType<typeof request>) =>
      sent.on('socket', (socket) => {
        if (kind === 'new-connection' || watched.has(socket)) return;
        watched.add(socket);
        socket.on('close', () => (idleClosed += running && !busy ? 1 : 0));
      });
    const path = kind === 'slow' ? `/?ms=${SLOW_MS}` : '/';
    let due = performance.now() + Math.random() * every;
    while (running) {
      if (due > performance.now()) await sleep(due - performance.now());
      busy = true;
      try {
        const answer = await send(agent, port, number % 2 === 0 ? 'GET' : 'POST', { path, watch });
        if (answer.status !== 200) failures.push(`status ${answer.status}`);
        const { node } = JSON.parse(answer.body) as { node: string };
        counts[node] = (counts[node] ?? 0) + 1;
      } catch (error) {
        failures.push(`${kind}: ${String(error)}`);
      }
      busy = false;
      totals[kind] += 1;
      // Who is late does not catch up, or a machine that is busy for a moment would get a burst.
      due = Math.max(due + every, performance.now());
    }
    agent.destroy();
  }

  const all = kinds.map(client);
  return {
    failures,
    idleClosed: () => idleClosed,
    total: () => Object.values(totals).reduce((a, b) => a + b, 0),
    of: (kind) => totals[kind],
    take() {
      const taken = counts;
      counts = {};
      return taken;
    },
    async stop() {
      running = false;
      await Promise.all(all);
    },
  };
}

interface Sending {
  readonly path?: string;
  readonly headers?: Record<string, string>;
  /** The address that the client has; any of 127.0.0.0/8. */
  readonly from?: string;
  readonly watch?: (sent: ReturnType<typeof request>) => void;
}

export async function send(
  agent: Agent | undefined,
  port: number,
  method: string,
  { path = '/', headers = {}, from, watch }: Sending = {},
): Promise<{ status: number; body: string }> {
  const sent = request({
    ...{ host: '127.0.0.1', port, method, path, headers, timeout: 60_000 },
    ...(agent === undefined ? {} : { agent }),
    ...(from === undefined ? {} : { localAddress: from }),
  });
  sent.on('timeout', () => sent.destroy(new Error('no answer for 60 s')));
  watch?.(sent);
  sent.end(method === 'POST' ? 'x'.repeat(200) : undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  answer.setEncoding('utf8').on('data', (part: string) => (body += part));
  await once(answer, 'end');
  return { status: answer.statusCode ?? 0, body };
}

function times(count: number, kind: Kind): Kind[] {
  return Array.from({ length: count }, () => kind);
}
