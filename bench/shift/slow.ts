import { once } from 'node:events';
import { createServer } from 'node:http';
import { freePort } from '../../sandbox/free-port.ts';

export interface SlowService {
  readonly port: number;
  stop(): Promise<void>;
}

/** The service behind the nodes that slow requests are for: it takes as long as `?ms=` says. */
export async function startSlowService(): Promise<SlowService> {
  const port = await freePort();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    const ms = Number(/[?&]ms=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    request.resume().on('end', () => setTimeout(() => response.end('done\n'), ms));
  }).listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
