import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';

/** Makes a server say yes to every upgrade, and send back what it gets then. */
export function echoUpgrades(server: Server): void {
  server.on('upgrade', (_, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    if (head.length > 0) socket.write(head);
    socket.pipe(socket);
  });
}

/** A client's WebSocket connection; what goes over it is not framed, which nobody on the way looks at. */
export interface OpenWebSocket {
  /** Status line and headers of the answer. */
  readonly answer: string;
  /** Sends a text, and gives what comes back first. */
  say(text: string): Promise<string>;
  readonly closed: Promise<void>;
  close(): void;
}

/** Asks for an upgrade; resolves with the answer, whatever it is. */
export async function openWebSocket(url: string, headers: readonly string[] = []): Promise<OpenWebSocket> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const closed = new Promise<void>((done) => socket.once('close', () => done()));
  socket.on('error', () => undefined);
  const next = () =>
    new Promise<string>((done, failed) => {
      socket.once('data', (data: Buffer) => done(data.toString()));
      void closed.then(() => failed(new Error('closed')));
    });
  const asked = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', ...headers];
  socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n${asked.join('\r\n')}\r\n\r\n`);
  return {
    answer: await next(),
    say(text) {
      const answered = next();
      socket.write(text);
      return answered;
    },
    closed,
    close: () => socket.destroy(),
  };
}
