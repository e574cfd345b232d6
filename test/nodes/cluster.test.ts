import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClusterActivities } from '../../src/activities/cluster.ts';
import type { DatabaseRef, KongNode, Side } from '../../src/domain/plan/index.ts';
import { asActivity, makeNode, runner, sideOf, sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { admin, http, kill, start } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let x: Side;
let y: Side;
let x1: KongNode;

const activities = createClusterActivities({ http });
const check = (cluster: Side) => asActivity(() => activities.checkNodes({ cluster }));
const awaitNodes = (whole: boolean) => asActivity(() => activities.awaitNodes({ cluster: y, whole, every: 100 }));
const compare = () => asActivity(() => activities.compareEntities({ x, y }));

beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
  x1 = await makeNode(kong.dir, 'x1');
  x = sideOf('3.6.1', [x1]);
  y = sideOf('3.7.1', [await makeNode(kong.dir, 'y1'), await makeNode(join(kong.dir, 'other'), 'y2')]);
  await start(x, database);
  await admin(x1, 'POST', '/services', { name: 'shop', url: 'http://127.0.0.1:9' });
  await admin(x1, 'POST', '/services/shop/routes', { name: 'shop', paths: ['/shop'] });
  await admin(x1, 'POST', '/consumers', { username: 'somebody' });
  const up = await runner(y, database).kong(['migrations', 'up'], { timeoutMs: 60_000 });
  expect(up.exitCode).toBe(0);
  await start(y, database);
});
afterAll(async () => {
  await kill([...x.nodes, ...y.nodes]);
  await kong.stop();
});

test('which nodes are ready, and why the others are not', async () => {
  expect(await check(y)).toEqual({ ready: ['y1', 'y2'], notReady: {} });
  const [y1, y2] = y.nodes as [KongNode, KongNode];
  const mixed = sideOf('3.7.1', [y1, { ...x1, name: 'wrong' }, { ...y2, name: 'gone', status: 'http://127.0.0.1:9' }]);
  expect(await check(mixed)).toEqual({
    ready: ['y1'],
    notReady: { wrong: expect.stringContaining('Kong 3.6.1'), gone: expect.stringContaining('does not answer') },
  });
});

test('a node that dies is missed, and one that is back makes the side whole', async () => {
  const y2 = y.nodes[1] as KongNode;
  const missed = awaitNodes(false);
  await kill([y2]);
  expect(await missed).toEqual({ notReady: { y2: expect.stringContaining('does not answer') } });
  const whole = awaitNodes(true);
  await start(y, database);
  expect(await whole).toEqual({ notReady: {} });
});

test('X and Y show the same entities', async () => {
  expect(await compare()).toEqual({ kinds: expect.any(Number), entities: 3 });
});

test('more entities than a page holds are all compared', async () => {
  await sql(
    database,
    `INSERT INTO consumers (id, username, ws_id)
     SELECT gen_random_uuid(), 'many-' || n, (SELECT id FROM workspaces LIMIT 1) FROM generate_series(1, 2500) AS n`,
  );
  expect(await compare()).toMatchObject({ entities: 2503 });
  await sql(database, `DELETE FROM consumers WHERE username LIKE 'many-%'`);
});

test('a node of Y that shows another database', async () => {
  const other = await kong.database('3.7.1');
  const stranger = sideOf('3.7.1', [await makeNode(kong.dir, 'stranger')]);
  await start(stranger, other);
  const activity = asActivity(() => activities.compareEntities({ x, y: stranger }));
  await expect(activity).rejects.toMatchObject({
    code: 'EntitiesDiffer',
    message: expect.stringContaining('stranger does not show 1 of the services of x1 (shop)'),
  });
  await kill(stranger.nodes);
});

test('what an Admin API can answer wrongly', async () => {
  const elsewhere = { ...x1, admin: x1.status };
  await expect(http.root(elsewhere, x.admin)).rejects.toMatchObject({ code: 'NodeUnreachable' });
  expect(await http.entities(x1, x.admin, 'no-such-kind')).toBeUndefined();
  const nowhere = { ...x1, admin: 'http://127.0.0.1:9' };
  await expect(http.root(nowhere, x.admin)).rejects.toMatchObject({
    code: 'NodeUnreachable',
    message: expect.stringContaining('The Admin API of x1 does not answer at http://127.0.0.1:9/'),
  });
});
