import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Connections of one kind of listener, as nginx counts them. */
export class Connections {
  accepted = 0;
  requests = 0;
  writing = 0;
  readonly open = new Set<Socket>();
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
