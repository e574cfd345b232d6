import { afterAll, beforeAll, expect, test } from 'vitest';
import { createReadTagUsage } from '../../src/adapters/postgres/tag-usage.ts';
import { freeze } from '../../src/domain/plan/safety.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { writersPaused } from '../../src/domain/rules/index.ts';
import { connect, sql, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';

let kong: Kong;
let database: DatabaseRef;
beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
});
afterAll(() => kong.stop());

const readUsage = createReadTagUsage(connect);

type Freeze = Parameters<typeof freeze.parse>[0];
const judge = async (plan: Freeze = {}) => {
  const parsed = freeze.parse(plan);
  return writersPaused(
    await readUsage(
      database,
      parsed.idleWriters.map(({ tag }) => tag),
    ),
    parsed,
  );
};

const services = (count: number, tags: string) =>
  sql(
    database,
    `INSERT INTO services (id, name, host, protocol, port, ws_id, tags, enabled, created_at, updated_at)
       SELECT gen_random_uuid(), gen_random_uuid(), 'h', 'http', 80, w.id, ${tags}, true, '2026-01-01', '2026-02-03 04:05:06+00'
         FROM workspaces w, generate_series(1, ${count}) AS n`,
  );
const consumers = (count: number, tags: string) =>
  sql(
    database,
    `INSERT INTO consumers (id, username, ws_id, tags)
       SELECT gen_random_uuid(), gen_random_uuid(), w.id, ${tags} FROM workspaces w, generate_series(1, ${count}) AS n`,
  );

test('no tags, or tags of people: nobody is known', async () => {
  expect(await judge()).toMatchObject({ rule: 'known-writers', level: 'pass' });
  // A tag on one kind of entity, and one on few, are no sign of decK.
  await services(20, `ARRAY['team-a']`);
  await consumers(10, `CASE WHEN n < 4 THEN ARRAY['vip'] END`);
  expect((await judge()).level).toBe('pass');
});

test('a tag that most entities of several kinds share is taken for one of decK, and called a guess', async () => {
  await consumers(10, `ARRAY['team-a']`);
  const found = await judge();
  expect(found).toMatchObject({ level: 'refuse', hint: expect.stringContaining('tag: "team-a"') });
  expect(found.message).toContain('decK with select_tags, tag team-a on 30 entities');
  expect(found.message).toContain('a guess, because of the share: 30 of 40');
});

test("the ingress controller's tag names it, with its entities and its last write", async () => {
  await services(
    3,
    `ARRAY['managed-by-ingress-controller', 'k8s-name:shop-' || n, 'k8s-kind:Service', 'k8s-uid:' || n]`,
  );
  const { message } = await judge();
  expect(message).toContain(
    'the Kong Ingress Controller, tag managed-by-ingress-controller on 3 entities, last written 2026-02-03 04:05 UTC',
  );
  expect(message).not.toContain('k8s-');
  // With a tag of its own, it is known by what it tells of Kubernetes. Tags that differ for each entity leave without their value.
  await services(5, `ARRAY['cluster-7', 'k8s-name:cart-' || n, 'k8s-kind:Service']`);
  expect((await judge()).message).toContain('a controller in Kubernetes');
  expect(JSON.stringify(await readUsage(database, []))).not.toMatch(/cart|shop/);
});

test('paused by a command, or left as it is with a reason', async () => {
  expect(await judge({ before: [['pause', 'it']] })).toMatchObject({
    level: 'pass',
    message: expect.stringContaining('to be paused by freeze.before: the Kong Ingress Controller'),
  });
  const idleWriters = ['team-a', 'managed-by-ingress-controller', 'k8s-name:'].map((tag) => ({
    tag,
    reason: `${tag} rests at night`,
  }));
  expect(await judge({ idleWriters })).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('“team-a rests at night”'),
  });
  expect((await judge({ idleWriters: idleWriters.slice(1) })).message).toContain('decK with select_tags, tag team-a');
});

test('a tag in the plan that no entity has is a fault; one that few have is not', async () => {
  expect(await judge({ before: [['x']], idleWriters: [{ tag: 'no-such', reason: 'r' }] })).toMatchObject({
    level: 'refuse',
    message: 'freeze.idleWriters names tags that no entity has: no-such.',
  });
  expect((await judge({ before: [['x']], idleWriters: [{ tag: 'vip', reason: 'r' }] })).level).toBe('pass');
});
