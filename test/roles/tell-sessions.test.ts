import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import { sessionsOfX } from '../../src/domain/sessions.ts';
import { makeNode, runner, sideOf, startKongDatabases, type Kong } from '../kong-adapter/fixture.ts';
import { kill, start } from '../nodes/fixture.ts';
import { nodeSession, readSessions, roles, withAccessRules } from './fixture.ts';

let kong: Kong;
let database: DatabaseRef;
let x: Side;
let role: string;
const started: Side[] = [];

beforeAll(async () => {
  kong = await startKongDatabases();
  database = await kong.database('3.6.1');
  role = `kong_3_7_1_${database.name}`;
  await withAccessRules(kong, ['host all all 127.0.0.0/8 scram-sha-256']);
  x = sideOf('3.6.1', [await makeNode(kong.dir, 'x1')]);
  await start(x, database);
  const up = await runner(sideOf('3.7.1', x.nodes), database).kong(['migrations', 'up'], { timeoutMs: 60_000 });
  expect(up.exitCode).toBe(0);
});
afterEach(() => kill(started.splice(0).flatMap(({ nodes }) => nodes)));
afterAll(async () => {
  await kill(x.nodes);
  await kong.stop();
});

async function startY(env: Record<string, string> = {}): Promise<Side> {
  const y = sideOf('3.7.1', [await makeNode(kong.dir, 'y1')], env);
  started.push(y);
  await start(y, database);
  return y;
}

const tell = (y: Side, others: string[] = []) =>
  roles.tellSessions({ x, y, planned: { x: ['not-asked'], y: ['not-asked'] }, others, database });

test("Y by a role of its own: told by what the nodes say, X's and Y's sessions each", async () => {
  await roles.prepareRoleOfY({ database, role });
  const y = await startY({ KONG_PG_USER: role });
  const { told, known, strangers } = await tell(y);
  expect(told).toEqual({ by: 'role', roles: ['kong'] });
  expect(known).toEqual({ roles: ['kong', role], addresses: ['127.0.0.1'], others: [] });
  expect(strangers).toEqual([]);
  const { sessions } = await readSessions(database);
  expect(sessionsOfX(told, sessions, [])).toEqual([expect.stringMatching(/^\d+ of kong@127\.0\.0\.1$/)]);
  expect(sessions.some((one) => one.role === role)).toBe(true);
});

test('the same role and the same address: nothing tells them apart, and it says so', async () => {
  const { told } = await tell(await startY());
  expect(told).toEqual({ by: 'nothing', why: expect.stringContaining('same role (kong) and from the same address') });
});

test('a node that the plan does not know; a client that the plan knows', async () => {
  const y = await startY();
  const stranger = await nodeSession(database, 'kong', { from: '127.0.0.77' });
  expect((await tell(y)).strangers).toEqual(['kong@127.0.0.77']);
  expect((await tell(y, ['127.0.0.77'])).strangers).toEqual([]);
  await stranger.end();
});
