import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import { makeNode, sideOf, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { balancers, http, kill, nodeActivities, pidOf, start, within } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let cluster: Side;
let x1: KongNode;
beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
  x1 = await makeNode(kong.dir, 'x1');
  cluster = sideOf('3.6.1', [x1], { KONG_STANDIN_FAULTS: join(kong.dir, 'faults.json') });
});
afterEach(() => kill([x1]));
afterAll(() => kong.stop());

const faults = (content: object): void => writeFileSync(join(kong.dir, 'faults.json'), JSON.stringify(content));

/** The balancer has `out` out. */
const restart = (out: readonly string[] = ['x1'], wait = within) =>
  nodeActivities(0, out).restartNode({
    ...{ side: 'x' as const, cluster, database, node: 'x1', drain: 1_000, balancers, within: wait },
  });

test('stopped, started, ready: another node id and another process', async () => {
  await start(cluster, database);
  const [pid, { nodeId }] = [pidOf(x1), await http.root(x1, cluster.admin)];
  expect(await restart()).toEqual({ cut: 0 });
  expect(pidOf(x1)).not.toBe(pid);
  expect((await http.root(x1, cluster.admin)).nodeId).not.toBe(nodeId);
  expect(await http.ready(x1)).toEqual({ ready: true });
});

test('a node that an attempt before has stopped is just started', async () => {
  expect(await restart()).toEqual({ cut: 0 });
  expect(await http.ready(x1)).toEqual({ ready: true });
});

test('one that gets traffic is left alone', async () => {
  await start(cluster, database);
  const pid = pidOf(x1);
  await expect(restart(['x2'])).rejects.toMatchObject({ code: 'StillServing', message: expect.stringContaining('x1') });
  expect(pidOf(x1)).toBe(pid);
});

test("one that does not come back: the message has the last lines of the node's log", async () => {
  await start(cluster, database);
  faults({ start: 'crash' });
  await expect(restart()).rejects.toMatchObject({
    code: 'NodeStartFailed',
    message: expect.stringMatching(/^x1 \(Kong 3\.6\.1\) .*Its error log ends: ".+"/),
  });
  faults({});
  expect(await restart()).toEqual({ cut: 0 });
});
