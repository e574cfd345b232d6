import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { freePort } from '../../sandbox/free-port.ts';

/** Something that answers like a Kong node behind a balancer: keeps idle connections for 75 s, stops like `kong quit`. */
export interface TestNode {
  readonly name: string;
  readonly port: number;
  /** Requests answered since the test began. */
  served: number;
  /** Finishes what runs, closes idle connections, takes no new ones. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startNode(name: string): Promise<TestNode> {
  const port = await freePort();
  let server: Server | undefined;
  const node: TestNode = {
    name,
    port,
    served: 0,
    async start() {
      server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => answer(node, request, response));
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    async stop() {
      const stopping = server;
      server = undefined;
      if (stopping === undefined) return;
      const closed = once(stopping, 'close');
      stopping.close();
      stopping.closeIdleConnections();
      await closed;
    },
  };
  await node.start();
  return node;
}

function answer(node: TestNode, request: IncomingMessage, response: ServerResponse): void {
  request.resume().on('end', () => {
    node.served += 1;
    const { host, upgrade } = request.headers;
    response.end(JSON.stringify({ node: node.name, path: request.url, host, upgrade, method: request.method }));
  });
}
