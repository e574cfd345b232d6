import { once } from 'node:events';
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { send } from './load.ts';
import { startBalanced, upgrade, type Balanced } from './setup.ts';

const TESTERS = 'b5'.repeat(40);
let dir = '';
let byAddress: Balanced;
let byCookie: Balanced;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  await makeFolder(join(dir, 'a'));
  await makeFolder(join(dir, 'c'));
  byAddress = await startBalanced(join(dir, 'a'), {
    sticky: 'client-address',
    // Longer than what nginx takes by default as the key of a map.
    testers: { header: 'X-Kong-Next', value: TESTERS },
  });
  byCookie = await startBalanced(join(dir, 'c'), { sticky: { cookie: 'sid' }, testers: { host: 'Next.example.com' } });
});
afterAll(async () => {
  await byAddress.stop();
  await byCookie.stop();
  await removeFolder(dir);
});

const run = upgrade('clients');
let epoch = 0;
const set = ({ router }: Balanced, weight: number) => router.set({ upgrade: run, weight, epoch: ++epoch });
const open = ({ router }: Balanced, yes: boolean) => router.setTesters({ upgrade: run, open: yes, epoch: ++epoch });

type Client = Parameters<typeof send>[3];
/** `x` or `y` */
async function sideOf({ port }: Balanced, client: Client): Promise<string> {
  const { status, body } = await send(undefined, port, 'GET', client);
  expect(status).toBe(200);
  return (JSON.parse(body) as { node: string }).node.slice(0, 1);
}
const sidesOf = (balanced: Balanced, clients: readonly Client[]) =>
  Promise.all(clients.map((client) => sideOf(balanced, client)));

/** Each client asks twice at each share: always on one side, and never back from Y as the share grows. */
async function proveSticky(balanced: Balanced, clients: readonly Client[]): Promise<void> {
  let before: readonly string[] = clients.map(() => 'x');
  for (const weight of [5, 25, 50, 100]) {
    await set(balanced, weight);
    const now = await sidesOf(balanced, clients);
    expect(await sidesOf(balanced, clients)).toEqual(now);
    expect(now.filter((side, index) => side === 'x' && before[index] === 'y')).toEqual([]);
    const share = (100 * now.filter((side) => side === 'y').length) / clients.length;
    // Of 300 clients the share at 50 % is off by 15 points less than once in a million times.
    expect(Math.abs(share - weight)).toBeLessThan(15);
    before = now;
  }
  await set(balanced, 0);
  expect(await sidesOf(balanced, clients)).toEqual(clients.map(() => 'x'));
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

test('by address: a client that went to Y stays there as the share grows; what it claims to be does not matter', async () => {
  const clients = numbers(300).map((index) => ({
    from: `127.${1 + (index % 7)}.${1 + (index % 41)}.${1 + (index % 199)}`,
  }));
  await proveSticky(byAddress, clients);
  await set(byAddress, 25);
  const sides = await sidesOf(byAddress, clients);
  const onY = clients[sides.indexOf('y')]?.from ?? '';
  const claims = { 'x-forwarded-for': onY, 'x-real-ip': onY, forwarded: `for=${onY}` };
  const claiming = clients.map((client) => ({ ...client, headers: claims }));
  expect(await sidesOf(byAddress, claiming)).toEqual(sides);
  await set(byAddress, 0);
});

test('by cookie: a client that went to Y stays there; without the cookie each request is split for itself', async () => {
  const clients = numbers(300).map((index) => ({ headers: { cookie: `other=1; sid=session-${index}` } }));
  await proveSticky(byCookie, clients);
  await set(byCookie, 50);
  const without = await sidesOf(
    byCookie,
    numbers(60).map(() => ({ headers: { cookie: 'other=1' } })),
  );
  expect(new Set(without)).toEqual(new Set(['x', 'y']));
  await set(byCookie, 0);
});

test('testers reach Y before anybody else, through a retreat too, and no longer once their way is closed', async () => {
  for (const [balanced, tester, others] of [
    [byAddress, { headers: { 'X-Kong-Next': TESTERS } }, [{}, { headers: { 'x-kong-next': 'no' } }]],
    [byCookie, { headers: { host: 'next.EXAMPLE.com:8443' } }, [{}, { headers: { host: 'example.com' } }]],
  ] as const) {
    const seen = async () => [await sideOf(balanced, tester), ...(await sidesOf(balanced, others))].join('');
    expect(await seen()).toBe('xxx');
    expect(await open(balanced, true)).toMatchObject({ weight: 0, testers: true });
    expect(await seen()).toBe('yxx');
    await set(balanced, 100);
    expect(await seen()).toBe('yyy');
    expect(await set(balanced, 0)).toMatchObject({ testers: true });
    expect(await seen()).toBe('yxx');
    expect(await open(balanced, false)).toMatchObject({ weight: 0, testers: false });
    for (let i = 0; i < 20; i++) expect(await seen()).toBe('xxx');
  }
});

async function openWebSocket(port: number): Promise<{ ask(word: string): Promise<string>; socket: Socket }> {
  const sent = request({ host: '127.0.0.1', port, headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end();
  const [{ statusCode }, socket] = (await once(sent, 'upgrade')) as [{ statusCode: number }, Socket];
  expect(statusCode).toBe(101);
  return {
    socket,
    async ask(word) {
      socket.write(word);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      return answer.toString();
    },
  };
}

test('a WebSocket stays where it is through every change, and is not cut', async () => {
  const old = await openWebSocket(byAddress.port);
  const hello = await old.ask('hello');
  expect(hello).toMatch(/^x[12] hello$/);
  const [node = ''] = hello.split(' ');
  for (const weight of [5, 25, 50, 100]) {
    await set(byAddress, weight);
    expect(await old.ask('still there?')).toBe(`${node} still there?`);
  }
  await byAddress.router.setOut({ upgrade: run, node, out: true, epoch: ++epoch });
  const fresh = await openWebSocket(byAddress.port);
  expect(await fresh.ask('hello')).toMatch(/^y[12] hello$/);
  await byAddress.router.setOut({ upgrade: run, node, out: false, epoch: ++epoch });
  await set(byAddress, 0);
  expect(await fresh.ask('back?')).toMatch(/^y[12] back\?$/);
  expect(await old.ask('still there?')).toBe(`${node} still there?`);
  for (const { socket } of [old, fresh]) {
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  }
});
