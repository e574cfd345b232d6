import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Something at an address that a kubeconfig leads to. */
export interface Listener {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Answers by `answer`; `file` becomes the kubeconfig that leads to it. */
export async function listenAs(file: string, token: string, answer: RequestListener): Promise<Listener> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  writeKubeconfig(file, `http://127.0.0.1:${port}`, token);
  return {
    kubeconfig: file,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function writeKubeconfig(file: string, server: string, token: string): void {
  const config = {
    clusters: [{ name: 'one', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'one', user: { token } }],
    contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    'current-context': 'one',
  };
  writeFileSync(file, JSON.stringify(config));
}

/** Stands between a worker and the API. What `before` does happens before a change is passed on; `after` decides whether its answer is. */
export interface Between {
  before?(): Promise<void>;
  after?(): boolean;
}

export const passOn =
  (url: string, between: Between): RequestListener =>
  (incoming, response) => {
    pass(url, between, incoming, response).catch((error: unknown) => response.destroy(error as Error));
  };

async function pass(url: string, between: Between, incoming: IncomingMessage, response: ServerResponse) {
  const body = await text(incoming);
  const isChange = incoming.method === 'PATCH';
  if (isChange) await between.before?.();
  const { method, headers } = incoming;
  const passed = request(new URL(incoming.url ?? '/', url), {
    ...{ method, headers: { ...headers, host: new URL(url).host }, rejectUnauthorized: false, agent: false },
  });
  passed.end(body);
  const [answer] = (await once(passed, 'response')) as [IncomingMessage];
  const said = await text(answer);
  if (isChange && between.after?.() === false) return;
  delete answer.headers['transfer-encoding'];
  response.writeHead(answer.statusCode ?? 500, { ...answer.headers, 'content-length': Buffer.byteLength(said) });
  response.end(said);
}
