import { createServer, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cutBy, drainNodes, type Drained } from '../../src/activities/drain-node.ts';
import { createNodeActivities } from '../../src/activities/nodes.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { makeNode, quietEnvironment, runner, sideOf, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { echoUpgrades, openWebSocket } from '../support/websocket.ts';
import { admin, balancers, http, kill, start } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let cluster: Side;
let y1: KongNode;

// An upstream that answers when the test says so.
const held: ServerResponse[] = [];
const release = (): void => held.splice(0).forEach((response) => void response.end('at last'));
const upstream = createServer((request, response) => {
  if (request.url === '/hold') held.push(response);
  else response.end('at once');
});
echoUpgrades(upstream);

beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.7.1');
  y1 = await makeNode(kong.dir, 'y1');
  cluster = sideOf('3.7.1', [y1]);
  await new Promise<void>((listening) => upstream.listen(0, '127.0.0.1', listening));
  const { port } = upstream.address() as { port: number };
  await start(cluster, database);
  await admin(y1, 'POST', '/services', { name: 's', url: `http://127.0.0.1:${port}` });
  await admin(y1, 'POST', '/services/s/routes', { name: 'r', paths: ['/'] });
});
beforeEach(async () => {
  if (!(await http.answers(y1))) await start(cluster, database);
  await waitFor('the route is known', async () => (await fetch(`${y1.proxy}/`)).status === 200);
});
afterAll(async () => {
  release();
  await kill([y1]);
  upstream.closeAllConnections();
  upstream.close();
  await kong.stop();
});

/** A request that ends when the test says so; it is with the upstream when this resolves. */
async function longRequest(): Promise<{ ended: Promise<number | 'cut'> }> {
  const before = held.length;
  const ended = fetch(`${y1.proxy}/hold`, { dispatcher: new Agent({ pipelining: 0 }) }).then(
    ({ status }) => status,
    () => 'cut' as const,
  );
  await waitFor('the upstream has the request', async () => held.length > before);
  return { ended };
}

/** The activities in the surroundings of one attempt, and what it reports. */
function attempt() {
  const environment = quietEnvironment();
  const reported: { requests: number; node: string; secondsLeft: number }[] = [];
  environment.on('heartbeat', (details: (typeof reported)[number]) => void reported.push(details));
  const readTraffic = () => Promise.resolve({ weight: 0, out: [], epoch: 1 });
  const activities = createNodeActivities({ runner, http, readTraffic });
  return {
    reported,
    cancel: () => environment.cancel(),
    drain: (ms: number) => environment.run(() => drainNodes(http, cluster, ms)) as Promise<Drained>,
    stop: (drain: number, side = cluster) =>
      environment.run(() => activities.stopNodes({ side: 'y', cluster: side, database, drain, balancers, weight: 0 })),
    reload: (drain: number) =>
      environment.run(() => activities.reloadNode({ side: 'y', cluster, database, node: 'y1', drain })),
  };
}

test('connections without a request hold nothing up: kept alive, or never used', async () => {
  const agent = new Agent({ keepAliveTimeout: 60_000 });
  await (await fetch(`${y1.proxy}/`, { dispatcher: agent })).text();
  const { hostname, port } = new URL(y1.proxy);
  const unused = connect(Number(port), hostname);
  await new Promise((connected) => unused.once('connect', connected));

  const { running, left } = await attempt().drain(60_000);
  expect([...running]).toEqual([['y1', 0]]);
  expect(left).toBeGreaterThan(0);
  expect(Number.isInteger(left)).toBe(true);
  unused.destroy();
  await agent.destroy();
});

test('a long request is waited for and ends; then the node is stopped, and nothing was cut', async () => {
  const { ended } = await longRequest();
  const { stop, reported } = attempt();
  const stopped = stop(60_000);
  await waitFor('it is told what is waited for', async () => reported.length > 0);
  expect(reported[0]).toMatchObject({ node: 'y1', requests: 1, secondsLeft: expect.any(Number) });
  expect(await http.ready(y1)).toEqual({ ready: true });
  release();
  expect(await stopped).toEqual({ stopped: ['y1'], cut: 0 });
  expect(await ended).toBe(200);
});

test('what has not ended at the limit is cut, and counted: a request and a WebSocket', async () => {
  const { ended } = await longRequest();
  const socket = await openWebSocket(`${y1.proxy}/socket`);
  expect(await socket.say('hello')).toBe('hello');
  expect(await attempt().stop(500)).toEqual({ stopped: ['y1'], cut: 2 });
  expect(await ended).toBe('cut');
  await socket.closed;
});

test('a node whose Status API does not answer is not waited for, and ends what it has within the time of `quit`', async () => {
  const { ended } = await longRequest();
  const deaf = { ...cluster, nodes: [{ ...y1, status: 'http://127.0.0.1:9' }] };
  const { stop, reported } = attempt();
  const stopped = stop(60_000, deaf);
  const refused = () =>
    fetch(`${y1.proxy}/`).then(
      () => false,
      () => true,
    );
  await waitFor('it takes nothing new', refused);
  release();
  expect(await stopped).toEqual({ stopped: ['y1'], cut: 0 });
  expect(await ended).toBe(200);
  expect(reported).toEqual([]);
});

test('a cancellation while it is waited for leaves the node as it is', async () => {
  const { ended } = await longRequest();
  const { stop, cancel, reported } = attempt();
  const stopped = stop(60_000);
  await waitFor('it waits', async () => reported.length > 0);
  cancel();
  await expect(stopped).rejects.toThrow(/cancel/i);
  expect(await http.ready(y1)).toEqual({ ready: true });
  release();
  expect(await ended).toBe(200);
});

test('a reload waits too; what has not ended then goes on in the old workers', async () => {
  const socket = await openWebSocket(`${y1.proxy}/socket`);
  const { reload, reported } = attempt();
  expect(await reload(400)).toEqual({ running: 1 });
  expect(reported[0]).toMatchObject({ node: 'y1', requests: 1 });
  expect(await socket.say('still here')).toBe('still here');
  socket.close();
});

test('several nodes are waited for at once, each by its own figures', async () => {
  const figures: Record<string, number[]> = { a: [2, 0], b: [3, 1, 0], c: [] };
  const running = async ({ name }: { name: string }) => {
    const next = figures[name]?.shift();
    if (next === undefined && name === 'c') throw new CrossfadeError('NodeUnreachable', 'c does not answer.');
    return next ?? 0;
  };
  const environment = quietEnvironment();
  const reported: object[] = [];
  environment.on('heartbeat', (details: object) => void reported.push(details));
  const nodes = ['a', 'b', 'c'].map((name) => ({ ...y1, name }));
  const draining = environment.run(() => drainNodes({ running }, { nodes, version: '3.7.1' }, 60_000));
  const drained = (await draining) as Drained;
  expect(reported).toMatchObject([
    { node: 'a, b', requests: 5 },
    { node: 'b', requests: 1 },
  ]);
  expect([...drained.running]).toEqual([
    ['a', 0],
    ['b', 0],
  ]);
});

test('one look that finds nothing is not enough: short requests still come between two looks', async () => {
  const looks = [0, 1, 0, 0, 2, 0, 0, 0];
  const running = () => Promise.resolve(looks.shift() ?? 9);
  const draining = quietEnvironment().run(() => drainNodes({ running }, { nodes: [y1], version: '3.7.1' }, 60_000));
  expect(((await draining) as Drained).running).toEqual(new Map([['y1', 0]]));
  expect(looks).toEqual([]);
});

test('what a stop has cut: what ran, if it cut at all; at most what ran, where it does not say', () => {
  expect(cutBy({ cut: false }, 3)).toBe(0);
  expect(cutBy({ cut: true }, 3)).toBe(3);
  expect(cutBy({ cut: true }, 0)).toBe(1);
  expect(cutBy({ cut: true }, undefined)).toBe(1);
  expect(cutBy({}, 3)).toBe(3);
  expect(cutBy({}, undefined)).toBe(0);
});
