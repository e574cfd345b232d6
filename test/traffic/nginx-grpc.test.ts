import { once } from 'node:events';
import { connect, createServer, type ClientHttp2Session, type Http2Server, type IncomingHttpHeaders } from 'node:http2';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { startNginx, type Nginx } from '../../sandbox/servers/nginx.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { entryAt, install, planFor, routerOf, upgrade, type WholeRouter } from './setup.ts';

// Each node has an address of its own, since gRPC has the same port on all of them.
const ADDRESSES = { x1: '127.0.0.11', x2: '127.0.0.12', y1: '127.0.0.13', y2: '127.0.0.14' } as const;
type Name = keyof typeof ADDRESSES;

let dir = '';
let nginx: Nginx;
let router: WholeRouter;
let client: ClientHttp2Session;
const servers = new Map<Name, Http2Server>();
let grpcPort = 0;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  const [port, proxyPort] = [await freePort(), await freePort()];
  grpcPort = await freePort();
  for (const name of Object.keys(ADDRESSES) as Name[]) await startServer(name);
  const side = (...names: Name[]) => names.map((name) => ({ name, port: proxyPort, address: ADDRESSES[name] }));
  const check = `http://127.0.0.1:${await freePort()}`;
  const plan = planFor(entryAt(join(dir, 'traffic'), { grpcPort, check }), side('x1', 'x2'), side('y1', 'y2'));
  const files = await install(plan);
  nginx = await startNginx({
    dir: join(dir, 'nginx'),
    http: `access_log off;
include ${files.http};
server {
  listen 127.0.0.1:${port} http2;
  keepalive_requests 100000;
  include ${files.server};
  location / { include ${files['location-grpc']}; }
}
server {
  listen ${check.replace('http://', '')};
  include ${files.server};
  location / { include ${files.location}; }
}`,
  });
  router = routerOf(plan);
  client = connect(`http://127.0.0.1:${port}`);
  await once(client, 'connect');
});
afterAll(async () => {
  client.destroy();
  await nginx.stop();
  for (const name of servers.keys()) await stopServer(name);
  await removeFolder(dir);
});

/** Answers a call of gRPC with its own name, and sends back what it gets on `/echo.Service/Stream`. */
async function startServer(name: Name): Promise<void> {
  const server = createServer((request, response) => {
    response.writeHead(200, {
      'content-type': 'application/grpc',
      'x-host': request.headers.host ?? request.authority,
    });
    response.addTrailers({ 'grpc-status': '0', 'x-node': name });
    if (request.url.endsWith('/Stream')) request.on('data', (data: Buffer) => response.write(data));
    else request.resume();
    request.on('end', () => response.end('\0\0\0\0\0'));
  }).listen(grpcPort, ADDRESSES[name]);
  await once(server, 'listening');
  servers.set(name, server);
}

async function stopServer(name: Name): Promise<void> {
  const server = servers.get(name);
  servers.delete(name);
  server?.close();
  if (server !== undefined) await once(server, 'close');
}

const begin = (method: string) =>
  client.request({ ':method': 'POST', ':path': method, 'content-type': 'application/grpc', te: 'trailers' });

/** The node that answered. */
async function call(): Promise<string> {
  const stream = begin('/shop.Orders/List');
  stream.end('\0\0\0\0\0');
  const [[headers], [trailers]] = (await Promise.all([
    once(stream, 'response'),
    once(stream, 'trailers'),
    once(stream.resume(), 'end'),
  ])) as unknown as [[IncomingHttpHeaders], [IncomingHttpHeaders]];
  expect(headers).toMatchObject({ ':status': 200, 'x-host': expect.stringContaining('127.0.0.1') as string });
  expect(trailers['grpc-status']).toBe('0');
  return String(trailers['x-node']);
}
const calls = (count: number) => Promise.all(Array.from({ length: count }, call));

const run = upgrade('grpc');
let epoch = 0;
const set = (weight: number) => router.set({ upgrade: run, weight, epoch: ++epoch });

test('calls of gRPC on one connection are split by the weight, and none is lost while it changes', async () => {
  for (const weight of [25, 50, 100, 0]) {
    const running = calls(50);
    await set(weight);
    await running;
    const onY = (await calls(200)).filter((name) => name.startsWith('y')).length / 2;
    if (weight === 0 || weight === 100) expect(onY).toBe(weight);
    else expect(Math.abs(onY - weight)).toBeLessThan(18);
  }
});

test('a stream stays where it is through changes; a node out gets no new call; a dead one is passed over', async () => {
  await set(0);
  const stream = begin('/echo.Service/Stream');
  const trailers = once(stream, 'trailers') as Promise<[IncomingHttpHeaders]>;
  stream.write('one');
  expect(String(await once(stream, 'data'))).toBe('one');
  await set(100);
  const change = { upgrade: run, node: 'y1', epoch: ++epoch };
  await router.setOut({ ...change, out: true });
  expect(new Set(await calls(20))).toEqual(new Set(['y2']));
  await router.setOut({ ...change, out: false });
  await stopServer('y1');
  expect(new Set(await calls(20))).toEqual(new Set(['y2']));
  await startServer('y1');
  stream.write('two');
  expect(String(await once(stream, 'data'))).toBe('two');
  stream.resume().end();
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0', 'x-node': expect.stringMatching(/^x/) as string });
  await set(0);
});
