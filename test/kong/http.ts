import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';

/** An answer, its body parsed if it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Sent as a form, as with `curl -d`. */
  readonly form?: Record<string, string> | string;
  readonly agent?: Agent;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Sends one request, on a connection of its own unless an agent is given. */
export async function send(url: string, { method, headers, form, agent }: Sent = {}): Promise<Answer> {
  const body = form === undefined || typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const type = body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' };
  return new Promise((done, failed) => {
    const request = httpRequest(url, {
      method: method ?? (body === undefined ? 'GET' : 'POST'),
      headers: { ...type, ...headers },
      agent: agent ?? new Agent({ keepAlive: false }),
    });
    request.once('error', failed);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', failed);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        done({ status: response.statusCode ?? 0, headers: response.headers, text, json: parse(text) });
      });
    });
    request.end(body);
  });
}

/** Values of a metric by its labels, ids of nodes and processes left out. */
export function series(metrics: string, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const line of metrics.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match?.[1] !== name) continue;
    found[(match[2] ?? '').replaceAll(/(node_id|pid)="[^"]*",?/g, '')] = Number(match[3]);
  }
  return found;
}
