import { Agent, request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';

export interface Load {
  /** How many requests each node answered since the last call; and forgets them. */
  take(): Record<string, number>;
  readonly failures: readonly string[];
  total(): number;
  stop(): Promise<void>;
}

/** Clients that never close their connection and never try again, half of them GET, half POST, one request after the other. */
export function startLoad(port: number, clients: number): Load {
  const failures: string[] = [];
  let counts: Record<string, number> = {};
  let total = 0;
  let running = true;

  async function client(number: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (running) {
      try {
        const answer = await send(agent, port, number % 2 === 0 ? 'GET' : 'POST');
        if (answer.status !== 200) failures.push(`status ${answer.status}`);
        const { node } = JSON.parse(answer.body) as { node: string };
        counts[node] = (counts[node] ?? 0) + 1;
      } catch (error) {
        failures.push(String(error));
      }
      total += 1;
    }
    agent.destroy();
  }

  const all = Array.from({ length: clients }, (_, number) => client(number));
  return {
    failures,
    total: () => total,
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

export async function send(
  agent: Agent | undefined,
  port: number,
  method: string,
  { path = '/', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
): Promise<{ status: number; body: string }> {
  const sent = request({ host: '127.0.0.1', port, method, path, headers, ...(agent === undefined ? {} : { agent }) });
  sent.end(method === 'POST' ? 'x'.repeat(200) : undefined);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  answer.setEncoding('utf8').on('data', (part: string) => (body += part));
  await once(answer, 'end');
  return { status: answer.statusCode ?? 0, body };
}
