import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { startBalanced, type Balanced, type HaproxyRouter } from './haproxy-setup.ts';
import { send } from './load.ts';
import { upgrade } from './setup.ts';

let dir = '';
let balanced: Balanced;
let router: HaproxyRouter;
let epoch = 0;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  balanced = await startBalanced(dir, {
    // What many have: it also cuts what runs on a server in maintenance.
    kong: 'balance roundrobin\n  default-server on-marked-down shutdown-sessions',
    more: `backend other
  server o1 127.0.0.1:1 weight 10
  server o2 127.0.0.1:1 weight 10`,
  });
});
beforeEach(async () => {
  router = balanced.router();
  for (const node of Object.values(balanced.nodes)) await node.start();
  const left = await router.current();
  epoch = left.epoch;
  for (const node of left.out) await setOut(node, false);
  await set(0);
  const allUp = async () => (await ask('show stat kong 4 -1')).match(/,UP,/g)?.length === 4;
  await waitFor('HAProxy finds all nodes good', allUp);
});
afterAll(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

const mine = upgrade('mine');
const set = (weight: number, expected?: number) =>
  router.set({ upgrade: mine, weight, epoch: ++epoch, ...(expected === undefined ? {} : { expected }) });
const setOut = (node: string, out: boolean) => router.setOut({ upgrade: mine, node, out, epoch: ++epoch });
const code = (name: string) => expect.objectContaining({ code: name }) as Error;
const ask = (line: string) => balanced.haproxy.ask(line);

const isDown = (name: string) =>
  waitFor(`HAProxy finds ${name} down`, async () =>
    new RegExp(`^kong,${name}(,[^,]*){15},DOWN`, 'm').test(await ask('show stat')),
  );

/** Who answered how many of so many requests on one connection. */
async function answers(count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = { x1: 0, x2: 0, y1: 0, y2: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let sent = 0; sent < count; sent++) {
    const { node } = JSON.parse((await send(agent, balanced.port, 'GET')).body) as { node: string };
    counts[node] = (counts[node] ?? 0) + 1;
  }
  agent.destroy();
  return counts;
}

/** HAProxy's rounds are not begun anew for a test. */
function expectNear(counts: Record<string, number>, wanted: Record<string, number>): void {
  for (const [name, count] of Object.entries(wanted))
    expect(
      Math.abs((counts[name] ?? 0) - count),
      `${count} requests on ${name}: ${JSON.stringify(counts)}`,
    ).toBeLessThanOrEqual(count === 0 ? 0 : 2);
}

test('requests arrive as the weight says, also at 1 % and while a node is out', async () => {
  expectNear(await answers(20), { x1: 10, x2: 10, y1: 0, y2: 0 });
  await set(1);
  expect(await router.verify(1, { within: 0 })).toEqual({
    agrees: true,
    what: 'HAProxy gives 1 % to Y: x1 99, x2 99, y1 1, y2 1',
  });
  const { y1 = 0, y2 = 0 } = await answers(800);
  expect(y1 + y2).toBeGreaterThan(4);
  expect(y1 + y2).toBeLessThan(12);
  await set(25);
  expectNear(await answers(80), { x1: 30, x2: 30, y1: 10, y2: 10 });
  expect(await setOut('y1', true)).toMatchObject({ weight: 25, out: ['y1'] });
  expectNear(await answers(80), { x1: 30, x2: 30, y1: 0, y2: 20 });
  expect(await setOut('x2', true)).toMatchObject({ weight: 25, out: ['y1', 'x2'] });
  expectNear(await answers(80), { x1: 60, x2: 0, y1: 0, y2: 20 });
  await setOut('x2', false);
  expect(await setOut('y1', false)).toMatchObject({ weight: 25, out: [] });
  expectNear(await answers(80), { x1: 30, x2: 30, y1: 10, y2: 10 });
});

test('the last node of a side counts as out, and still serves: the other one is at work', async () => {
  await set(100);
  await setOut('y1', true);
  expect(await setOut('y2', true)).toMatchObject({ weight: 100, out: ['y1', 'y2'] });
  expectNear(await answers(10), { x1: 0, x2: 0, y1: 0, y2: 10 });
  expect(await setOut('y2', false)).toMatchObject({ out: ['y1'] });
  expectNear(await answers(10), { x1: 0, x2: 0, y1: 0, y2: 10 });
  expect(await setOut('y1', false)).toMatchObject({ out: [] });
});

test('what runs on a node that is taken out goes on', async () => {
  await set(100);
  const sent = request({ host: '127.0.0.1', port: balanced.port, headers: { connection: 'Upgrade', upgrade: 'echo' } });
  const [, socket] = (await once(sent.end(), 'upgrade')) as [unknown, Socket];
  const say = async (word: string) => {
    socket.write(word);
    return String((await Promise.race([once(socket, 'data'), once(socket, 'close')]))[0]);
  };
  const [node = ''] = (await say('hello')).split(' ');
  await setOut(node, true);
  expect(await say('still there?')).toBe(`${node} still there?`);
  socket.destroy();
  expect(await setOut(node, false)).toMatchObject({ weight: 100, out: [] });
});

test('a node comes back in when health checks find it good, and a retreat need not wait for that', async () => {
  const { y1 } = balanced.nodes;
  await set(50);
  await setOut('y1', true);
  await y1.stop();
  // Handled at once, so that its rejection never counts as forgotten.
  const back = setOut('y1', false).catch((error: unknown) => error);
  await isDown('y1');
  expect(await set(0)).toMatchObject({ weight: 0, out: ['y1'] });
  await y1.start();
  expect(await back).toEqual(code('StaleEpoch'));
  expect(await setOut('y1', false)).toMatchObject({ weight: 0, out: [] });
  await set(50);
  expect((await answers(20)).y1).toBeGreaterThan(2);
});

test('while HAProxy finds all of Y down, Y gets no further share, and the share that it has does not agree', async () => {
  const { y1, y2 } = balanced.nodes;
  await set(5, 0);
  await y1.stop();
  await isDown('y1');
  await expect(setOut('y2', true)).rejects.toThrow(
    'y2 is the last node of its side that HAProxy finds good (y1 DOWN L4CON)',
  );
  await y2.stop();
  await isDown('y2');
  expect(await router.verify(5, { within: 0 })).toEqual({
    agrees: false,
    what: 'HAProxy gives 0 % to Y: x1 95, x2 95, y1 DOWN (L4CON), y2 DOWN (L4CON)',
  });
  await expect(set(100, 5)).rejects.toThrow('HAProxy finds no node of Y good (y1 DOWN L4CON, y2 DOWN L4CON)');
  expect(await router.current()).toMatchObject({ weight: 5 });
  expect(await set(0)).toMatchObject({ weight: 0 });
  await y1.start();
  await y2.start();
  await set(5);
  expect(await router.verify(5, { within: 30_000 })).toMatchObject({ agrees: true });
});

test('a reload keeps weights and nodes out; what other backends have in the file stays', async () => {
  await set(25);
  await setOut('y1', true);
  const { stateFile } = balanced.entry;
  const theirs = (await ask('set weight other/o1 3;show servers state other'))
    .split('\n')
    .filter((line) => / other /.test(line));
  writeFileSync(stateFile, `${readFileSync(stateFile, 'utf8')}${theirs.join('\n')}\n`);
  const now = await set(50);
  await balanced.haproxy.reload();
  expect(await router.current()).toEqual(now);
  expectNear(await answers(40), { x1: 10, x2: 10, y1: 0, y2: 20 });
  expect(await ask('get weight other/o1')).toMatch(/^3 /);
  await setOut('y1', false);
});

test('a HAProxy that came back with the weights of its configuration is found, and taken back on the next call', async () => {
  await set(25);
  rmSync(balanced.entry.stateFile);
  await balanced.haproxy.reload();
  expect(await router.current()).toMatchObject({ weight: 0, epoch });
  await expect(set(50, 25)).rejects.toEqual(code('ForeignChange'));
  expect(await set(50, 0)).toMatchObject({ weight: 50 });
});

test('by hand: one node without weight, or drained, counts as out and is left alone', async () => {
  await set(50);
  await ask('set weight kong/x1 0');
  expect(await router.current()).toMatchObject({ out: ['x1'], weight: 66.67 });
  await ask('set server kong/x1 state ready;set weight kong/x1 50;set server kong/y2 state drain');
  expect(await router.current()).toMatchObject({ out: ['y2'] });
  expect(await set(0)).toMatchObject({ weight: 0, out: ['y2'] });
  expect(await setOut('y2', false)).toMatchObject({ out: [] });
});

test('killed at any moment: always a whole state, and the next one goes on at once', async () => {
  const program = fileURLToPath(new URL('haproxy-keep-setting.ts', import.meta.url));
  for (let round = 1; round <= 3; round++) {
    const first = epoch + 10;
    const args = [program, balanced.entry.socket, balanced.entry.stateFile, String(first)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    while ((await router.current()).epoch < first + round);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await router.current();
    expect([0, 5, 25, 50, 100]).toContain(left.weight);
    expect(left.by).toBe('killed');
    epoch = left.epoch;
    expect(await set(25, left.weight)).toMatchObject({ weight: 25, by: 'mine' });
  }
});

test('killed between the change and the record of it, or before the change: the repeated call does what is left', async () => {
  const record = `${balanced.entry.stateFile}.crossfade-kong`;
  const made = await set(5, 0);
  const next = { weight: 25, out: [], epoch: epoch + 1, by: 'mine' };
  writeFileSync(record, JSON.stringify({ made, begun: next }));
  expect(await router.current()).toEqual(made);
  const repeat = () => router.set({ upgrade: mine, weight: 25, epoch: made.epoch + 1, expected: 5 });
  expect(await repeat()).toEqual(next);

  writeFileSync(record, JSON.stringify({ made, begun: next }));
  const saved = readFileSync(balanced.entry.stateFile, 'utf8');
  rmSync(balanced.entry.stateFile);
  expect(await router.current()).toEqual(next);
  expect(await repeat()).toEqual(next);
  expect(JSON.parse(readFileSync(record, 'utf8'))).toEqual({ made: { epoch: next.epoch, by: 'mine', out: [] } });
  expect(readFileSync(balanced.entry.stateFile, 'utf8').split('\n')[2]).toBe(saved.split('\n')[2]);
  epoch += 1;
});

test('a lost or damaged record does not open the door to an old epoch', async () => {
  const record = `${balanced.entry.stateFile}.crossfade-kong`;
  const now = await set(50);
  for (const damage of [
    () => rmSync(record),
    () => writeFileSync(record, '{"made":{"ep'),
    () => writeFileSync(record, '[]'),
  ]) {
    damage();
    expect(await router.current()).toEqual(now);
    await expect(router.set({ upgrade: mine, weight: 0, epoch: epoch - 1 })).rejects.toEqual(code('StaleEpoch'));
  }
  expect(await set(25)).toMatchObject({ weight: 25 });
  expect(
    readdirSync(dir)
      .filter((name) => /^servers.state(?!.*lock)/.test(name))
      .sort(),
  ).toEqual(['servers.state', 'servers.state.crossfade-kong']);
});
