import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { createKongHttp } from '../../src/adapters/kong/http.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { nodeAt } from './fixture.ts';

const http = createKongHttp(createSecrets({ TOKEN: 'the-token' }));
const access = { headers: { 'Kong-Admin-Token': { env: 'TOKEN' } } };

let server: Server | undefined;
afterEach(() => new Promise((closed) => (server === undefined ? closed(undefined) : server.close(closed))));

/** A server in place of a node; it keeps what it was asked with. */
async function serve(answer: (url: string) => { status?: number; body: unknown }) {
  const seen: IncomingHttpHeaders[] = [];
  server = createServer((request, response) => {
    seen.push(request.headers);
    const { status = 200, body } = answer(request.url ?? '');
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((listening) => server?.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  return { seen, node: nodeAt('n1', '/nowhere', [port, port, port]) };
}

test('headers with secrets are sent, and no connection is kept', async () => {
  const root = {
    version: '3.4.3.5-enterprise-edition',
    node_id: 'id',
    configuration: { role: 'traditional' },
    pids: { workers: [7] },
  };
  const { node, seen } = await serve(() => ({ body: root }));
  expect(await http.root(node, access)).toEqual({
    version: '3.4.3.5-enterprise-edition',
    nodeId: 'id',
    configuration: { role: 'traditional' },
    workers: [7],
  });
  expect(seen[0]).toMatchObject({ 'kong-admin-token': 'the-token', connection: 'close' });
});

test('pages are followed, an empty list is one, and an unknown kind is undefined', async () => {
  const { node } = await serve((url) => {
    if (url.startsWith('/vaults')) return { status: 404, body: { message: 'Not found' } };
    if (url.startsWith('/keys')) return { body: { data: {}, next: null } };
    return url.includes('offset=a%2Bb')
      ? { body: { data: [{ id: '2' }], next: null } }
      : { body: { data: [{ id: '1', name: 'one' }], offset: 'a+b' } };
  });
  expect(await http.entities(node, access, 'services')).toEqual([{ id: '1', name: 'one' }, { id: '2' }]);
  expect(await http.entities(node, access, 'keys')).toEqual([]);
  expect(await http.entities(node, access, 'vaults')).toBeUndefined();
});

test.each([
  ['ready', () => ({ body: { message: 'ready' } }), { ready: true }],
  [
    'not ready',
    () => ({ status: 503, body: { message: 'failed to connect to database' } }),
    { ready: false, reason: 'failed to connect to database' },
  ],
  [
    'before 3.3',
    (url: string) => (url === '/status' ? { body: { database: { reachable: true } } } : { status: 404, body: '' }),
    { ready: true },
  ],
  [
    'before 3.3, database down',
    (url: string) => (url === '/status' ? { body: { database: { reachable: false } } } : { status: 404, body: '' }),
    { ready: false, reason: 'its database is not reachable' },
  ],
])('%s', async (_, answer, expected) => {
  const { node } = await serve(answer);
  expect(await http.ready(node)).toEqual(expected);
});

test('an Admin API that refuses, or is none', async () => {
  const { node } = await serve((url) =>
    url === '/' ? { status: 401, body: { message: 'Unauthorized' } } : { body: '<html>' },
  );
  await expect(http.root(node, access)).rejects.toMatchObject({
    code: 'NodeUnreachable',
    message: expect.stringContaining('401 (Unauthorized)'),
  });
  await expect(http.entities(node, access, 'services')).rejects.toThrow('something else than JSON');
});

test('requests through the proxy: whatever the status, up to 1 MiB', async () => {
  const { node } = await serve((url) => ({
    status: 418,
    body: url === '/big' ? 'x'.repeat(1024 * 1024 + 1) : 'short',
  }));
  const get = (path: string) => http.request(node, { method: 'GET', path, headers: { apikey: 'k' } });
  expect(await get('/small')).toMatchObject({ status: 418, body: 'short' });
  await expect(get('/big')).rejects.toThrow('more than 1048576 bytes');
});

test('nobody there', async () => {
  const node = nodeAt('gone', '/nowhere', [9, 9, 9]);
  expect(await http.answers(node)).toBe(false);
  expect(await http.ready(node)).toMatchObject({
    ready: false,
    reason: expect.stringContaining('gone does not answer'),
  });
  await expect(http.metrics(node)).rejects.toMatchObject({ code: 'NodeUnreachable' });
});

const counts = (active: number, reading: number, writing: number, waiting: number) => ({
  connections_active: active,
  connections_reading: reading,
  connections_writing: writing,
  connections_waiting: waiting,
});

test.each([
  ['at rest: the request that asks, and the own connection of a worker', '3.4.2', counts(2, 0, 2, 0), 1, 0],
  ['before 3.0 workers have none', '2.8.5', counts(1, 0, 1, 0), 1, 0],
  ['connections that are kept alive', '3.9.1', counts(42, 0, 2, 40), 1, 0],
  ['each of four workers has its own', '3.9.1', counts(8, 1, 7, 0), 4, 3],
  ['a WebSocket', '3.7.1', counts(3, 0, 3, 0), 1, 1],
  ['a stream is no request', '3.7.1', counts(4, 0, 2, 1), 1, 1],
  ['twenty requests share a connection of HTTP/2', '3.7.1', counts(3, 0, 22, 0), 1, 20],
  ['Enterprise', '3.4.3.5', counts(3, 0, 3, 0), 1, 1],
])('in progress: %s', async (_, version, server, workers, expected) => {
  const memory = { workers_lua_vms: Array.from({ length: workers }, (__, pid) => ({ pid })) };
  const { node } = await serve(() => ({ body: { server, memory, database: { reachable: true } } }));
  expect(await http.running(node, version)).toBe(expected);
});

test.each([
  ['no counters', { body: { database: { reachable: true } } }, 'does not count connections'],
  ['no JSON', { body: 'null' }, 'something else than JSON'],
  ['an error', { status: 500, body: { message: 'oh' } }, 'its Status API gives 500 (oh)'],
])('in progress: %s', async (_, answer, message) => {
  const { node } = await serve(() => answer);
  await expect(http.running(node, '3.7.1')).rejects.toMatchObject({
    code: 'NodeUnreachable',
    message: expect.stringContaining(message),
  });
});
