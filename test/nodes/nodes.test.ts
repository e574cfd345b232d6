import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createNodeActivities } from '../../src/activities/nodes.ts';
import type { KongNode } from '../../src/domain/plan/index.ts';
import { processWithPid } from '../../sandbox/proc.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { makeNode, quietEnvironment, runner, sideOf, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { balancers, http, kill, nodeActivities, pidOf, start, within } from './fixture.ts';

let kong: Kong;
const made: KongNode[] = [];
beforeAll(async () => void (kong = await startKongDatabases()));
afterEach(() => kill(made.splice(0)));
afterAll(() => kong.stop());

let count = 0;
async function nodes(...names: string[]): Promise<KongNode[]> {
  count += 1;
  const created = await Promise.all(names.map((name) => makeNode(join(kong.dir, `test-${count}`), name)));
  made.push(...created);
  return created;
}

function faults(content: object): Record<string, string> {
  const file = join(kong.dir, `faults-${count}.json`);
  writeFileSync(file, JSON.stringify(content));
  return { KONG_STANDIN_FAULTS: file };
}

test('prepare, start, start again, reload, stop, stop again, remove', async () => {
  const database = await kong.database('3.7.1');
  const cluster = sideOf('3.7.1', await nodes('y1', 'y2'));
  const [y1] = cluster.nodes as [KongNode];
  const input = { side: 'y', cluster, database } as const;
  const activities = nodeActivities();

  expect(await activities.prepareNodes(input)).toEqual(['y1', 'y2']);
  expect(await http.answers(y1)).toBe(false);
  expect(await activities.startNodes({ ...input, within })).toEqual(['y1', 'y2']);
  const pid = pidOf(y1);
  const { nodeId } = await http.root(y1, cluster.admin);

  expect(await activities.startNodes({ ...input, within })).toEqual(['y1', 'y2']);
  expect(await activities.prepareNodes(input)).toEqual(['y1', 'y2']);
  expect((await http.root(y1, cluster.admin)).nodeId).toBe(nodeId);
  await activities.reloadNode({ ...input, node: 'y1', drain: 1_000 });
  expect(pidOf(y1)).toBe(pid);

  await expect(activities.removeNodes(input)).rejects.toMatchObject({ code: 'StillAnswering' });
  const stopping = { ...input, drain: 2_000, balancers, weight: 0 };
  await expect(nodeActivities(5).stopNodes(stopping)).rejects.toMatchObject({
    code: 'StillServing',
    message: expect.stringContaining('5 %'),
  });
  expect(await activities.stopNodes(stopping)).toEqual({ stopped: ['y1', 'y2'], cut: 0 });
  expect(processWithPid(pid)).toBeUndefined();
  expect(await nodeActivities(5).stopNodes(stopping)).toEqual({ stopped: ['y1', 'y2'], cut: 0 });

  expect(await activities.removeNodes(input)).toEqual(['y1', 'y2']);
  expect(existsSync(y1.prefix ?? '')).toBe(false);
  expect(await activities.removeNodes(input)).toEqual(['y1', 'y2']);
});

test('X is stopped only when Y has everything', async () => {
  const database = await kong.database('3.6.1');
  const cluster = sideOf('3.6.1', await nodes('x1'));
  await start(cluster, database);
  const stopping = { side: 'x', cluster, database, drain: 1_000, balancers, weight: 100 } as const;
  await expect(nodeActivities(99).stopNodes(stopping)).rejects.toMatchObject({ code: 'StillServing' });
  // A balancer on another host can't be asked from here: what was read back there decides.
  const elsewhere = { ...stopping, balancers: [], weight: 99 };
  await expect(nodeActivities(100).stopNodes(elsewhere)).rejects.toMatchObject({ code: 'StillServing' });
  expect(await nodeActivities(100).stopNodes(stopping)).toEqual({ stopped: ['x1'], cut: 0 });
});

test('before "up", Y is refused by Kong, and the message says why', async () => {
  const database = await kong.database('3.6.1');
  const cluster = sideOf('3.7.1', await nodes('y1'));
  await expect(nodeActivities().startNodes({ side: 'y', cluster, database, within })).rejects.toMatchObject({
    code: 'NodeStartFailed',
    message: expect.stringMatching(/^y1 \(Kong 3\.7\.1\) could not be started: ".*Error: .*New migrations available/),
  });
});

test('a configuration that Kong refuses is found before anything is started', async () => {
  const database = await kong.database('3.7.1');
  const [node] = (await nodes('y1')) as [KongNode];
  const cluster = sideOf('3.7.1', [{ ...node, conf: '/no/such/kong.conf' }]);
  await expect(nodeActivities().prepareNodes({ side: 'y', cluster, database })).rejects.toMatchObject({
    code: 'NodePrepareFailed',
    message: expect.stringContaining('no file at: /no/such/kong.conf'),
  });
});

test('a node that dies after its start', async () => {
  const database = await kong.database('3.7.1');
  const cluster = sideOf('3.7.1', await nodes('y1'), faults({ start: 'crash' }));
  await expect(nodeActivities().startNodes({ side: 'y', cluster, database, within })).rejects.toMatchObject({
    code: 'NodeStartFailed',
    message: expect.stringMatching(/^y1 .*died/),
  });
});

test('a node that does not become ready', async () => {
  const database = await kong.database('3.7.1');
  const cluster = sideOf('3.7.1', await nodes('y1'), faults({ start: 'unready' }));
  const starting = nodeActivities().startNodes({ side: 'y', cluster, database, within: 4_000 });
  await expect(starting).rejects.toMatchObject({
    code: 'NodeStartFailed',
    message: expect.stringContaining('was not ready after 4 s'),
  });
});

test('another version, or something else, answers at the address', async () => {
  const database = await kong.database('3.7.1');
  const [node] = (await nodes('n1')) as [KongNode];
  await start(sideOf('3.7.1', [node]), database);
  const cluster = sideOf('3.9.1', [node]);
  const foreign = { code: 'ForeignNode', message: expect.stringContaining('3.7.1') };
  await expect(nodeActivities().prepareNodes({ side: 'y', cluster, database })).rejects.toMatchObject(foreign);
  await expect(nodeActivities().startNodes({ side: 'y', cluster, database, within })).rejects.toMatchObject(foreign);

  const server = createServer((_, response) => response.end('hello'));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as { port: number };
  const taken = sideOf('3.7.1', [{ ...node, admin: `http://127.0.0.1:${port}` }]);
  const preparing = nodeActivities().prepareNodes({ side: 'y', cluster: taken, database });
  await expect(preparing).rejects.toMatchObject({ code: 'ForeignNode' });
  server.close();
});

test('a start is not cut by a cancellation: the node is there afterwards, whole', async () => {
  const database = await kong.database('3.7.1');
  const cluster = sideOf('3.7.1', await nodes('y1'));
  const [y1] = cluster.nodes as [KongNode];
  const environment = quietEnvironment();
  const readTraffic = () => Promise.resolve({ weight: 0, out: [], epoch: 1 });
  const activities = createNodeActivities({ runner, http, readTraffic });
  const starting = environment.run(() => activities.startNodes({ side: 'y', cluster, database, within }));
  environment.cancel();
  await starting.catch(() => undefined);
  await waitFor('y1 is ready', async () => (await http.ready(y1)).ready);
});

test("the user's own commands: started, reloaded and stopped, judged over the network", async () => {
  const database = await kong.database('3.7.1');
  const [node] = (await nodes('y1')) as [KongNode];
  const local = sideOf('3.7.1', [node]);
  const { runs } = local;
  const env = {
    ...node.env,
    KONG_PREFIX: node.prefix ?? '',
    KONG_PG_HOST: database.host,
    KONG_PG_PORT: String(database.port),
    KONG_PG_DATABASE: database.name,
    KONG_PG_PASSWORD: { env: 'KONG_DB_PASSWORD' },
  };
  const kongCommand = runs.kong as string;
  const commands = { start: [kongCommand, 'start'], stop: [kongCommand, 'quit'], reload: [kongCommand, 'reload'] };
  const cluster = {
    ...local,
    runs: { on: 'command' as const, host: 'here', kong: [kongCommand], env: {} },
    nodes: [{ ...node, env, ...commands }],
  };
  const input = { side: 'y', cluster, database } as const;
  await nodeActivities().prepareNodes(input);
  await nodeActivities().startNodes({ ...input, within });
  await nodeActivities().reloadNode({ ...input, node: 'y1', drain: 1_000 });
  expect(await nodeActivities().stopNodes({ ...input, drain: 1_000, balancers, weight: 0 })).toEqual({
    stopped: ['y1'],
    cut: 0,
  });

  const deaf = { ...cluster, nodes: [{ ...cluster.nodes[0]!, stop: ['true'] }] };
  await nodeActivities().startNodes({ ...input, within });
  const stopping = nodeActivities().stopNodes({ ...input, cluster: deaf, drain: 1_000, balancers, weight: 0 });
  await expect(stopping).rejects.toMatchObject({ code: 'StillAnswering' });
});

test('a reload that the node refuses is found although the command says that all is well', async () => {
  const database = await kong.database('3.7.1');
  const cluster = sideOf('3.7.1', await nodes('y1'), { KONG_PLUGINS: 'key-auth' });
  await start(cluster, database);
  await kong.postgres.query(
    `INSERT INTO plugins (id, name, config, enabled, cache_key, ws_id)
     SELECT gen_random_uuid(), 'acl', '{}', true, 'k', id FROM workspaces`,
    database.name,
  );
  const reloading = nodeActivities().reloadNode({ side: 'y', cluster, database, node: 'y1', drain: 1_000 });
  await expect(reloading).rejects.toMatchObject({
    code: 'ReloadFailed',
    message: expect.stringContaining('plugin is in use but not enabled'),
  });
});
