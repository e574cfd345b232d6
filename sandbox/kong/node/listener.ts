import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Connections of a node, as nginx counts them: a worker's own, by which workers tell each other what happened, is one of them, with a
 * request that never ends.
 */
export class Connections {
  accepted = 1;
  requests = 1;
  writing = 1;
  readonly open = new Set<Socket>();

  get active(): number {
    return this.open.size + 1;
  }

  get waiting(): number {
    return this.active - this.writing;
  }
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Addresses of a `*_listen` setting; TLS listeners are left out, the stand-in speaks plain HTTP only. */
export function addresses(listen: string): Address[] {
  return listen
    .split(',')
    .map((part) => part.trim().split(/\s+/))
    .filter(
      ([address, ...flags]) => address !== undefined && address !== 'off' && address !== '' && !flags.includes('ssl'),
    )
    .map(([address = '']) => {
      const colon = address.lastIndexOf(':');
      return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
    });
}

const nextTurn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Listens on the addresses of one setting and knows which connections have something in flight. */
export class Listener {
  readonly #servers: Server[] = [];
  readonly #handler: Handler;
  readonly #connections: Connections;
  readonly #closing = new WeakSet<Socket>();
  readonly #answering = new Set<ServerResponse>();

  constructor(handler: Handler, connections: Connections) {
    this.#handler = handler;
    this.#connections = connections;
  }

  /** Throws the error of the operating system if an address cannot be had. */
  async listen(setting: string): Promise<void> {
    for (const { host, port } of addresses(setting)) {
      const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0, noDelay: true }, (request, response) =>
        this.#serve(request, response),
      );
      server.on('connection', (socket: Socket) => {
        this.#connections.accepted += 1;
        this.#connections.open.add(socket);
        socket.once('close', () => this.#connections.open.delete(socket));
      });
      server.on('upgrade', (request, socket: Socket, head: Buffer) => this.#serveUpgrade(request, socket, head));
      await new Promise<void>((done, failed) => {
        server.once('error', failed);
        server.listen(port, host, 16_384, done);
      });
      this.#servers.push(server);
    }
  }

  /** Resets idle connections; busy ones are told to close with their answer. New ones are welcome. */
  async renewConnections(): Promise<void> {
    await this.#letArrive();
    for (const server of this.#servers) server.closeIdleConnections();
  }

  /** Accepts nothing more and ends when the last answer is out. */
  async drain(): Promise<void> {
    await this.#letArrive();
    // Closes idle connections as well.
    const closed = this.#servers.map((server) => new Promise<void>((done) => server.close(() => done())));
    this.#closeUnused();
    await Promise.all(closed);
  }

  /** Cuts everything. */
  destroy(): void {
    for (const server of this.#servers) {
      server.close();
      server.closeAllConnections();
    }
    // Node gives connections that were upgraded away.
    for (const socket of this.#connections.open) socket.destroy();
  }

  /** Marks what is open, and gives requests that are on their way the turn they need to be seen. */
  async #letArrive(): Promise<void> {
    for (const socket of this.#connections.open) this.#closing.add(socket);
    for (const response of this.#answering) response.shouldKeepAlive = false;
    await nextTurn();
    await nextTurn();
  }

  /** Node takes a connection that never carried a request for a busy one. */
  #closeUnused(): void {
    for (const socket of this.#connections.open) if (socket.bytesRead === 0) socket.destroy();
  }

  /** Like any other request; whether there is somebody to switch protocols with is for the handler to say. */
  #serveUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    if (head.length > 0) socket.unshift(head);
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.assignSocket(socket);
    response.shouldKeepAlive = false;
    response.once('finish', () => socket.end());
    this.#serve(request, response);
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#connections.requests += 1;
    this.#connections.writing += 1;
    if (this.#closing.has(socket)) response.shouldKeepAlive = false;
    this.#answering.add(response);
    response.once('close', () => {
      this.#answering.delete(response);
      this.#connections.writing -= 1;
      // The answer may have begun before it was known that the connection has to go.
      if (this.#closing.has(socket)) socket.end();
    });
    this.#handler(request, response);
  }
}
