import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freePort } from '../../sandbox/free-port.ts';
import { waitFor } from '../../sandbox/wait-for.ts';

/** Something that answers like a Kong node behind a balancer: keeps idle connections for 75 s, stops like `kong quit`. */
export interface TestNode {
  readonly name: string;
  readonly port: number;
  /** Requests answered since the test began. */
  served: number;
  /** Waits until nothing has arrived for a while and nothing is being answered, as draining does. */
  idle(): Promise<void>;
  /** Like `kong reload`: takes connections all the time, lets running requests end, and resets every idle connection. */
  reload(): void;
  /** Finishes what runs, closes idle connections, takes no new ones. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function startNode(name: string): Promise<TestNode> {
  const port = await freePort();
  const answering = new Set<Socket>();
  const connections = new Set<Socket>();
  let server: Server | undefined;
  let lastRequest = 0;
  const quiet = () => answering.size === 0 && performance.now() - lastRequest > 100;
  const node: TestNode = {
    name,
    port,
    served: 0,
    idle: async () => void (await waitFor(`${name} gets no requests`, quiet)),
    reload() {
      for (const socket of connections) if (!answering.has(socket)) socket.resetAndDestroy();
    },
    async start() {
      if (server !== undefined) return;
      server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
        const { socket } = request;
        lastRequest = performance.now();
        answering.add(socket);
        response.on('close', () => answering.delete(socket));
        answer(node, request, response);
      });
      server.on('upgrade', (request: IncomingMessage, socket: Socket) => openEcho(name, request, socket));
      server.on('connection', (socket: Socket) => {
        connections.add(socket);
        socket.on('close', () => connections.delete(socket));
      });
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

/** A WebSocket as far as a balancer is concerned: after the upgrade whatever comes is sent back, with the node's name before it. */
function openEcho(name: string, { headers }: IncomingMessage, socket: Socket): void {
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ${headers.upgrade}\r\n\r\n`);
  socket.on('error', () => undefined).on('end', () => socket.end());
  socket.on('data', (data) => socket.write(`${name} ${data.toString()}`));
}

/** `?ms=` delays the answer. */
function answer(node: TestNode, request: IncomingMessage, response: ServerResponse): void {
  const delay = Number(/[?&]ms=(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
  const end = () => {
    node.served += 1;
    const { host } = request.headers;
    response.end(JSON.stringify({ node: node.name, path: request.url, host, method: request.method }));
  };
  request.resume().on('end', () => (delay === 0 ? end() : setTimeout(end, delay)));
}
