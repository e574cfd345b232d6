import { once } from 'node:events';
import { createServer as createHttpServer, request, type IncomingMessage } from 'node:http';
import { connect as connectH2, createServer as createH2Server } from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { freePort } from '../../sandbox/free-port.ts';
import { startHaproxy, type Haproxy } from '../../sandbox/servers/haproxy.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { haproxyEntry, routerFor } from './haproxy-setup.ts';
import { send } from './load.ts';
import { upgrade } from './setup.ts';

const nodes = ['x1', 'x2', 'y1', 'y2'] as const;
const mine = upgrade('mine');
const stops: (() => void)[] = [];
let dir = '';
let haproxy: Haproxy;
const ports = { http: 0, cookie: 0, table: 0, h2: 0, tcp: 0 };

/** The handshake of RFC 6455's own example. */
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

/** Answers with the node's name, whatever it is spoken to in. */
const SPEAKS = {
  http: (name: string) =>
    createHttpServer((_, response) => response.end(name)).on('upgrade', (_, socket: Socket) => {
      socket.write(
        `HTTP/1.1 101 Switching Protocols
Connection: Upgrade
Upgrade: websocket
Sec-WebSocket-Accept: ${ACCEPT}

`.replaceAll('\n', '\r\n'),
      );
      socket.on('data', () => socket.end(name));
    }),
  h2: (name: string) => createH2Server((_, response) => response.end(name)),
  tcp: (name: string) => createServer((connection) => connection.end(name)),
};

beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  for (const kind of Object.keys(ports) as (keyof typeof ports)[]) ports[kind] = await freePort();
  const at: Record<string, number> = {};
  for (const kind of ['http', 'h2', 'tcp'] as const)
    for (const name of nodes) {
      const port = await freePort();
      at[`${kind} ${name}`] = port;
      const server: Server = SPEAKS[kind](name);
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      const connections = new Set<Socket>();
      server.on('connection', (connection: Socket) => {
        connections.add(connection.on('error', () => undefined));
      });
      stops.push(() => {
        server.close();
        for (const connection of connections) connection.destroy();
      });
    }
  const servers = (kind: string, of: readonly string[], more = (_: string) => '') =>
    of
      .map((name) => {
        const weight = name.startsWith('x') ? 100 : 0;
        return `  server ${name} 127.0.0.1:${at[`${kind} ${name}`]} check inter 100ms weight ${weight} ${more(name)}`;
      })
      .join('\n');
  haproxy = await startHaproxy({
    dir: join(dir, 'haproxy'),
    config: `defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  option redispatch 1
frontend http
  bind 127.0.0.1:${ports.http}
  use_backend testers if { hdr(x-crossfade) y }
  default_backend http
backend http
  balance roundrobin
${servers('http', nodes)}
backend testers
  balance roundrobin
${servers('http', ['y1', 'y2']).replaceAll('weight 0', 'weight 100')}
frontend cookie
  bind 127.0.0.1:${ports.cookie}
  default_backend cookie
backend cookie
  cookie KONG insert
${servers('http', nodes, (name) => `cookie ${name}`)}
frontend table
  bind 127.0.0.1:${ports.table}
  default_backend table
backend table
  stick-table type string size 1k
  stick on hdr(x-client)
${servers('http', nodes)}
frontend h2
  bind 127.0.0.1:${ports.h2} proto h2
  default_backend h2
backend h2
${servers('h2', nodes, () => 'proto h2')}
listen tcp
  mode tcp
  bind 127.0.0.1:${ports.tcp}
${servers('tcp', nodes)}`,
  });
});
afterAll(async () => {
  await haproxy.stop();
  for (const stop of stops) stop();
  await removeFolder(dir);
});

const routerOf = (backend: string) =>
  routerFor({ ...haproxyEntry({ socket: haproxy.socket, stateFile: join(dir, 'servers.state') }), backend });

/** Which nodes answer, of twenty. */
async function twenty(one: () => Promise<string>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (let sent = 0; sent < 20; sent++) {
    const name = await one();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** HAProxy's rounds are not begun anew for a test. */
function expectEven(counts: Record<string, number>): void {
  expect(Object.keys(counts).sort()).toEqual(nodes);
  for (const count of Object.values(counts)) expect(Math.abs(count - 5)).toBeLessThanOrEqual(2);
}

test('TCP, and so TLS that is passed through: each connection is split', async () => {
  await routerOf('tcp').set({ upgrade: mine, weight: 50, epoch: 1 });
  const counts = await twenty(async () => {
    const [name] = (await once(connect(ports.tcp, '127.0.0.1').setEncoding('utf8'), 'data')) as [string];
    return name;
  });
  expectEven(counts);
});

test('HTTP/2, and so gRPC: each request on one connection is split', async () => {
  await routerOf('h2').set({ upgrade: mine, weight: 50, epoch: 1 });
  const client = connectH2(`http://127.0.0.1:${ports.h2}`);
  const counts = await twenty(async () => {
    const [name] = (await once(client.request({ ':path': '/' }).setEncoding('utf8'), 'data')) as [string];
    return name;
  });
  client.close();
  expectEven(counts);
});

test('WebSocket: each connection is split', async () => {
  await routerOf('http').set({ upgrade: mine, weight: 50, epoch: 1 });
  const counts = await twenty(async () => {
    const headers = {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': KEY,
    };
    const sent = request({ host: '127.0.0.1', port: ports.http, headers });
    sent.end();
    const [, socket] = (await once(sent, 'upgrade')) as [unknown, Socket];
    socket.write('who?');
    const [name] = (await once(socket, 'data')) as [Buffer];
    return name.toString();
  });
  expectEven(counts);
});

test('testers reach Y by a header before it has any share, by a rule in the configuration', async () => {
  const router = routerOf('http');
  await router.set({ upgrade: mine, weight: 0, epoch: 2 });
  const ask = async (headers: Record<string, string>) =>
    twenty(async () => (await send(undefined, ports.http, 'GET', { headers })).body);
  expect(Object.keys(await ask({ 'x-crossfade': 'y' })).sort()).toEqual(['y1', 'y2']);
  expect(Object.keys(await ask({})).sort()).toEqual(['x1', 'x2']);
});

test.each(['cookie', 'table'] as const)(
  'clients kept by a %s stay at a smaller share, and come back to X in a retreat',
  async (kind) => {
    const router = routerOf(kind);
    const { lacks } = await router.describe();
    expect(lacks).toContainEqual(expect.stringContaining('keeps clients on their node'));
    let cookie = '';
    const ask = async () => {
      const sent = request({ host: '127.0.0.1', port: ports[kind], headers: { cookie, 'x-client': 'one' } });
      sent.end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      cookie = answer.headers['set-cookie']?.[0]?.split(';')[0] ?? cookie;
      const [name] = (await once(answer.setEncoding('utf8'), 'data')) as [string];
      return name;
    };
    let epoch = 0;
    const set = (weight: number) => router.set({ upgrade: mine, weight, epoch: ++epoch });
    expect(await set(100)).toMatchObject({ weight: 100, out: [] });
    expect(await ask()).toMatch(/^y/);
    await set(1);
    expect(await ask()).toMatch(/^y/);
    expect(await set(0)).toEqual({ weight: 0, out: [], epoch, by: 'mine' });
    expect(await router.verify(0, { within: 0 })).toMatchObject({ agrees: true });
    expect(await ask()).toMatch(/^x/);
    expect(await router.set({ upgrade: mine, weight: 5, epoch: ++epoch, expected: 0 })).toMatchObject({
      weight: 5,
      out: [],
    });
    expect(await router.verify(5, { within: 30_000 })).toMatchObject({ agrees: true });

    // A node out stays apart from a side that is closed.
    expect(await router.setOut({ upgrade: mine, node: 'y2', out: true, epoch: ++epoch })).toMatchObject({
      out: ['y2'],
    });
    expect(await set(0)).toMatchObject({ weight: 0, out: ['y2'] });
    expect(await router.setOut({ upgrade: mine, node: 'y2', out: false, epoch: ++epoch })).toMatchObject({ out: [] });
    expect(await set(100)).toMatchObject({ weight: 100, out: [] });
    expect(await router.verify(100, { within: 30_000 })).toMatchObject({ agrees: true });
  },
);
