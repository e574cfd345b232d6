import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { echoUpgrades } from '../support/websocket.ts';

/** What the upstream answers: the request as it saw it. */
export interface Echo {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

interface EchoUpstream {
  /** Its URL, once it listens. */
  (): string;
  /** Answers the requests with `?hold=` this name. */
  letGo(name: string): void;
}

/** An upstream for all tests of a file, of WebSockets too. */
export function useEcho(): EchoUpstream {
  const held = new Map<string, () => void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (): void => {
        const body = Buffer.concat(chunks).toString();
        response.setHeader('Content-Type', 'application/json').setHeader('Server', 'echo');
        response.end(JSON.stringify({ path: request.url, headers: request.headers, body }));
      };
      const name = /hold=(\w+)/.exec(request.url ?? '')?.[1];
      if (name === undefined) answer();
      else held.set(name, answer);
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
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(url, { letGo: (name: string) => held.get(name)?.() });
}
