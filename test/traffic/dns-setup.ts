import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../src/domain/plan/index.ts';

/** A server of TCP that gives each connection to `serve`; `close` ends it and all connections. */
export async function tcpServer(serve: (socket: Socket) => void): Promise<{ port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy()));
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * What stands between a driver and its server, and passes everything on; but the answer to a change is kept back for ever, and `changed`
 * resolves when the server has given it.
 */
export async function loseAnswer(port: number, isChange: (sent: Buffer) => boolean) {
  const { promise: changed, resolve } = Promise.withResolvers<undefined>();
  const server = await tcpServer((client) => {
    const behind = connect(port, '127.0.0.1').on('error', () => client.destroy());
    let keepsBack = false;
    client.on('data', (sent: Buffer) => {
      keepsBack ||= isChange(sent);
      behind.write(sent);
    });
    client.on('close', () => behind.destroy());
    behind.on('data', (answer: Buffer) => void (keepsBack ? resolve(undefined) : client.write(answer)));
    behind.on('end', () => void (keepsBack ? undefined : client.end()));
  });
  return { ...server, changed };
}

/** A worker of its own, which is killed as soon as its change is in force, before it knows. */
export async function killedWorker(
  entry: Entry,
  [weight, epoch]: readonly [number, number],
  { changed, secret }: { readonly changed: Promise<unknown>; readonly secret: string },
): Promise<string> {
  const program = fileURLToPath(new URL('dns-worker.ts', import.meta.url));
  const args = [program, JSON.stringify(entry), String(weight), String(epoch)];
  const env = { ...process.env, DNS_SECRET: secret };
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  const ended = once(child, 'close');
  await Promise.race([changed, ended]);
  child.kill('SIGKILL');
  await ended;
  return Buffer.concat(printed).toString();
}
