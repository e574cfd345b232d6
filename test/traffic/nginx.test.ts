import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createWatchActivities } from '../../src/activities/watch.ts';
import type { Metrics } from '../../src/adapters/metrics/port.ts';
import type { Side } from '../../src/domain/plan/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';
import { send, startLoad, type Load } from './load.ts';
import { activity, fakeStore } from '../watch/fakes.ts';
import { counters } from '../verdict/figures.ts';
import { entryAt, install, kongNode, planFor, startBalanced, upgrade, type Balanced } from './setup.ts';

let dir = '';
let balanced: Balanced;
beforeAll(async () => {
  await makeFolder((dir = tempFolder()));
  balanced = await startBalanced(dir);
});
afterAll(async () => {
  await balanced.stop();
  await removeFolder(dir);
});

const run = upgrade('run-1');
let epoch = 0;
const set = (weight: number) => balanced.router.set({ upgrade: run, weight, epoch: ++epoch });

/** Shares of each node over some hundred requests that began after now. */
async function shares(load: Load, requests: number): Promise<Record<string, number>> {
  // What was on its way may still count for before.
  load.take();
  const settled = load.total() + 20;
  await waitFor('earlier requests are answered', () => load.total() >= settled);
  load.take();
  const enough = load.total() + requests;
  await waitFor('enough requests', () => load.total() >= enough);
  const counts = load.take();
  const sum = Object.values(counts).reduce((a, b) => a + b, 0);
  return Object.fromEntries(['x1', 'x2', 'y1', 'y2'].map((name) => [name, (counts[name] ?? 0) / sum]));
}

const sideOf = (...names: string[]) => ({ nodes: names.map((name) => kongNode(name, 1)) }) as unknown as Side;

/** What the nodes themselves have counted. */
const served = ({ nodes }: Balanced): Metrics => ({
  read: async (side) => ({
    readable: true,
    nodes: Object.fromEntries(side.nodes.map(({ name }) => [name, counters(nodes[name as 'x1'].served)])),
  }),
});

test('before the first change everything goes to X; host and path are passed on as they are', async () => {
  expect(await balanced.router.current()).toEqual({ weight: 0, out: [], epoch: 0 });
  const answer = await send(undefined, balanced.port, 'GET', {
    path: '/a%2Fb?c=%20d',
    headers: { host: 'api.example.com:8443' },
  });
  expect(JSON.parse(answer.body)).toMatchObject({
    node: expect.stringMatching(/^x/) as string,
    path: '/a%2Fb?c=%20d',
    host: 'api.example.com:8443',
  });
});

test('all weights forward and back under keep-alive load: shares as set, no failed request, same connections', async () => {
  const load = startLoad(balanced.port, 16);
  for (const weight of [5, 25, 50, 100, 0]) {
    expect(await set(weight)).toMatchObject({ weight, epoch });
    const seen = await shares(load, weight === 5 ? 3_000 : 1_500);
    const y = 100 * ((seen['y1'] ?? 0) + (seen['y2'] ?? 0));
    if (weight === 0 || weight === 100) expect(y).toBe(weight);
    // More than five standard deviations: less than once in a million times by chance.
    else expect(Math.abs(y - weight)).toBeLessThan(weight === 5 ? 3 : 7);
    expect(Math.abs((seen['x1'] ?? 0) - (seen['x2'] ?? 0))).toBeLessThan(0.1);
  }
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.total()).toBeGreaterThan(8_000);
});

test('the share that arrives at the nodes agrees with the weight, and not with another', async () => {
  const load = startLoad(balanced.port, 8);
  const { measureShare } = createWatchActivities({ metrics: served(balanced), store: fakeStore().store });
  await set(25);
  const measure = (weight: number) =>
    activity().run(measureShare, { x: sideOf('x1', 'x2'), y: sideOf('y1', 'y2'), weight, within: 2_500, tolerance: 1 });
  expect(await measure(25)).toMatchObject({ agrees: true });
  expect(await measure(50)).toMatchObject({ agrees: false });
  await set(0);
  expect(await measure(0)).toMatchObject({ share: 0, agrees: true });
  await load.stop();
});

test('each node out, restarted, and in again under load: no failed request, none arrives while it is out', async () => {
  await set(50);
  const load = startLoad(balanced.port, 16);
  for (const node of Object.values(balanced.nodes)) {
    const change = { upgrade: run, node: node.name, epoch: ++epoch };
    expect((await balanced.router.setOut({ ...change, out: true })).out).toEqual([node.name]);
    expect((await shares(load, 800))[node.name]).toBe(0);
    await node.stop();
    await shares(load, 400);
    await node.start();
    expect((await balanced.router.setOut({ ...change, out: false })).out).toEqual([]);
    expect((await shares(load, 800))[node.name]).toBeGreaterThan(0.1);
  }
  await load.stop();
  await set(0);
  expect(load.failures).toEqual([]);
});

test('a side of which every node is taken out keeps its full group', async () => {
  await set(100);
  for (const node of ['y1', 'y2']) await balanced.router.setOut({ upgrade: run, node, out: true, epoch: ++epoch });
  const load = startLoad(balanced.port, 4);
  const seen = await shares(load, 200);
  await load.stop();
  expect(seen['y1']).toBeGreaterThan(0.3);
  expect(load.failures).toEqual([]);
  for (const node of ['y1', 'y2']) await balanced.router.setOut({ upgrade: run, node, out: false, epoch: ++epoch });
});

test('a node that died without a word costs its requests another try; nothing is lost, POST included; it is back at once', async () => {
  await set(100);
  await balanced.nodes.y1.stop();
  const load = startLoad(balanced.port, 8);
  expect((await shares(load, 500))['y2']).toBe(1);
  await balanced.nodes.y1.start();
  // It counts again at once: not only after nginx's own fail_timeout, 10 s.
  expect((await shares(load, 200))['y1']).toBeGreaterThan(0.1);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test('many changes while requests are running: every request gets an answer from a node', async () => {
  const load = startLoad(balanced.port, 16);
  for (let round = 0; round < 8; round++) for (const weight of [0, 5, 25, 50, 100]) await set(weight);
  await load.stop();
  expect(load.failures).toEqual([]);
});

test('nginx started again goes on with the weight that was in force', async () => {
  await set(100);
  const { nginx, port } = balanced;
  await nginx.reload();
  expect((JSON.parse((await send(undefined, port, 'GET')).body) as { node: string }).node).toMatch(/^y/);
  await set(0);
});

test('the next upgrade, from a directory of its own: the nodes that serve go on serving through the one reload', async () => {
  await set(100);
  const { nginx, port, nodes, directory } = balanced;
  const own = join(dir, 'next');
  // Nobody listens there yet.
  const z1 = { ...nodes.x1, name: 'z1', port: 1 };
  await install(planFor(entryAt(own), [nodes.y1, nodes.y2], [z1]));
  const before = readFileSync(nginx.configFile, 'utf8');
  const answersFromY = async () => {
    for (let i = 0; i < 20; i++) {
      const { status, body } = await send(undefined, port, 'GET');
      expect(status).toBe(200);
      expect((JSON.parse(body) as { node: string }).node).toMatch(/^y/);
    }
  };
  await answersFromY();
  writeFileSync(nginx.configFile, before.replaceAll(`${directory}/`, `${own}/`));
  await nginx.reload();
  await answersFromY();
  writeFileSync(nginx.configFile, before);
  await nginx.reload();
  await set(0);
});

test('what nginx says of the include: no warning, and nothing in its error log but the node that died', async () => {
  const { stderr } = await promisify(execFile)('/bin/sh', [
    '-c',
    `nginx -t -p ${join(dir, 'nginx')}/ -c ${balanced.nginx.configFile} -e ${join(dir, 'nginx', 'error.log')}`,
  ]);
  expect(stderr).not.toMatch(/\[warn\]|\[emerg\]/);
  const log = readFileSync(join(dir, 'nginx', 'error.log'), 'utf8');
  const unexpected = log.split('\n').filter((line) => /\[(error|crit|alert|emerg)\]/.test(line));
  expect(unexpected.filter((line) => !line.includes('Connection refused'))).toEqual([]);
});
