import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Run } from '../../bench/shift/changes.ts';
import { createClient } from '../../bench/shift/load/client.ts';
import { createLog, unpack, type Request } from '../../bench/shift/load/request.ts';
import { summarize } from '../../bench/shift/summary.ts';
import { waitFor } from '../../sandbox/wait-for.ts';

const FINE = 'HTTP/1.1 200 OK\r\nX-Node: y1 1700000000.123\r\nContent-Length: 5\r\n\r\nfine\n';

describe('a client of the bench', () => {
  let server: Server | undefined;
  const open = new Set<Socket>();
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    open.clear();
    server?.close();
    if (server !== undefined) await once(server, 'close');
  });

  /** Does something with each request that comes, in turn. */
  async function serve(...acts: readonly ((socket: Socket) => void)[]): Promise<number> {
    const left = [...acts];
    server = createServer((socket) => {
      open.add(socket.on('error', () => undefined));
      socket.on('data', () => left.shift()?.(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const get = (client: ReturnType<typeof createClient>) => client.send('GET', '/');

  it('takes an answer that comes in pieces, and knows who gave it, and when', async () => {
    const port = await serve((socket) => {
      socket.write(FINE.slice(0, 40));
      setTimeout(() => socket.write(FINE.slice(40)), 20);
    });
    const client = createClient(port, true);
    expect(await get(client)).toEqual({ fault: 'none', node: 'y1', begunAt: 1_700_000_000_123 });
    client.stop();
    expect(client.closed).toEqual({ idle: 0, announced: 0 });
  });

  it('loses each request that is not answered, once, and does not try again', async () => {
    const port = await serve(
      (socket) => socket.end(),
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end(FINE.slice(0, -3)),
      (socket) => socket.write('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'),
      (socket) => socket.write(FINE),
    );
    const client = createClient(port, true);
    const faults = [];
    for (let n = 0; n < 5; n += 1) faults.push((await get(client)).fault);
    expect(faults).toEqual(['closed', 'reset', 'closed', 'status', 'none']);
    expect(client.closed).toEqual({ idle: 0, announced: 0 });
    client.stop();
  });

  it('is refused where nobody listens', async () => {
    const port = await serve();
    server?.close();
    if (server !== undefined) await once(server, 'close');
    server = undefined;
    expect((await get(createClient(port, true))).fault).toBe('refused');
  });

  it('counts kept connections that are closed between requests, with and without a word: nothing is lost by that', async () => {
    const port = await serve(
      (socket) => socket.end(FINE),
      (socket) => socket.end(FINE.replace('X-Node', 'Connection: close\r\nX-Node')),
      (socket) => socket.write(FINE),
    );
    const client = createClient(port, true);
    expect((await get(client)).fault).toBe('none');
    await waitFor('the end of the connection is seen', () => client.closed.idle === 1);
    expect((await get(client)).fault).toBe('none');
    expect((await get(client)).fault).toBe('none');
    expect(client.closed).toEqual({ idle: 1, announced: 1 });
    client.stop();
  });

  it('opens a connection for each request if it keeps none', async () => {
    const port = await serve(
      (socket) => socket.write(FINE),
      (socket) => socket.write(FINE),
    );
    const client = createClient(port, false);
    await get(client);
    await get(client);
    expect(open.size).toBe(2);
    expect(client.closed).toEqual({ idle: 0, announced: 0 });
  });
});

describe('what a run of the bench comes down to', () => {
  const at = (sentAt: number, node: Request['node'], more: Partial<Request> = {}): Request => ({
    ...{ kind: 'keep-alive', fault: 'none', sentAt, ms: 1 },
    ...(node === undefined ? {} : { node, begunAt: sentAt + 1 }),
    ...more,
  });
  const run = (requests: readonly Request[]): Run => ({
    requests,
    closed: { idle: 2, announced: 3 },
    busiest: 0.5,
    perSecond: 100,
    from: 1_000,
    changes: [
      { what: '5 %', at: 10_000, tookMs: 10 },
      { what: '100 %', at: 20_000, tookMs: 10 },
      { what: '0 %', at: 30_000, tookMs: 10 },
    ],
  });

  it('when the first and the last request was on a side, by the clock of the node', () => {
    const summary = summarize(
      run([
        ...[at(9_000, 'x1'), at(10_004, 'x1'), at(10_006, 'y1'), at(20_002, 'x2'), at(20_050, 'y1')],
        ...[at(30_001, 'y2'), at(30_003, 'x1'), at(30_008, 'y1'), at(30_100, 'x1')],
      ]),
    );
    expect(summary).toMatchObject({ firstOnY: 7, lastOnX: 3, firstOnX: 4, lastOnY: 9 });
  });

  it('the second after a change is its own, slow and lost requests have no time, and each loss counts', () => {
    const summary = summarize(
      run([
        ...[at(500, 'x1', { ms: 90 }), at(5_000, 'x1', { ms: 2 }), at(15_000, 'x1', { ms: 3 })],
        ...[at(10_000, 'y1', { ms: 8 }), at(11_009, 'y1', { ms: 9 }), at(11_010, 'x1', { ms: 4 })],
        at(20_500, 'y1', { ms: 500, kind: 'slow' }),
        at(20_600, undefined, { ms: 70, fault: 'reset' }),
      ]),
    );
    expect(summary).toMatchObject({
      requests: 8,
      failed: 1,
      faults: { reset: 1, status: 0 },
      restP99: 4,
      changeP99: 9,
    });
    expect(summary.changes.map(({ p99, p99Before, failed }) => [p99, p99Before, failed])).toEqual([
      [9, 2, 0],
      [NaN, 4, 1],
      [NaN, NaN, 0],
    ]);
  });

  it('requests come out of a thread as they went in', () => {
    const requests = [at(1.5, 'y2', { kind: 'slow' }), at(2, undefined, { fault: 'refused', kind: 'new-connection' })];
    const log = createLog();
    // More than it had room for at first.
    const many = Array.from({ length: 70_000 }, () => requests).flat();
    for (const request of many) log.add(request);
    expect(unpack(log.packed())).toEqual(many);
  });
});
