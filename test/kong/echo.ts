import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { echoUpgrades } from '../support/websocket.ts';

/** What the upstream answers: the request as it saw it. `?slow=500` makes it wait. */
export interface Echo {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** An upstream for all tests of a file, of WebSockets too; its URL, once it listens. */
export function useEcho(): () => string {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const wait = Number(/slow=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
      setTimeout(() => {
        const body = Buffer.concat(chunks).toString();
        response.setHeader('Content-Type', 'application/json').setHeader('Server', 'echo');
        response.end(JSON.stringify({ path: request.url, headers: request.headers, body }));
      }, wait);
    });
  });
  echoUpgrades(server);
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
