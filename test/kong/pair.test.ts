import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { configure, write } from './configure.ts';
import { useEcho } from './echo.ts';
import { send } from './http.ts';
import { has, kongs, type Kongs } from './kongs.ts';
import { useStages, type Role, type Stage } from './stage.ts';

const openStage = useStages();
const upstream = useEcho();
const QUICK = { DB_UPDATE_FREQUENCY: '0.3', WORKER_STATE_UPDATE_FREQUENCY: '0.3' };
/** Longer than a change needs to spread at those frequencies. */
const SPREAD_MS = 1500;

const statusOf = async (role: Role, path: string, key?: string): Promise<number> =>
  (await send(`${role.proxy}${path}`, key === undefined ? {} : { headers: { apikey: key } })).status;

/** X started on a bootstrapped, configured database; Y started after `up`. */
async function pair(stage: Stage, x: string, y: string): Promise<{ x: Role; y: Role }> {
  const roles = { x: await stage.role('x', x, QUICK), y: await stage.role('y', y, QUICK) };
  await roles.x.kong(['migrations', 'bootstrap']);
  await roles.x.kong(['start']);
  await configure(roles.x, upstream(), { policy: 'cluster' });
  await roles.x.kong(['reload']);
  await roles.y.kong(['migrations', 'up']);
  expect((await roles.y.kong(['start'])).code).toBe(0);
  return roles;
}

function pairTest(
  kong: Kongs,
  x: string,
  y: string,
  title: string,
  check: (stage: Stage, x: Role, y: Role) => Promise<void>,
): void {
  if (!has(kong, [x, y])) return;
  test(`${x} and ${y}: ${title}`, async () => {
    const stage = await openStage(kong);
    try {
      const roles = await pair(stage, x, y);
      await check(stage, roles.x, roles.y);
    } finally {
      await stage.close();
    }
  });
}

for (const kong of kongs()) {
  describe.concurrent(`recorded pairs on one database: ${kong.label}`, { timeout: 300_000 }, () => {
    pairTest(kong, '3.4.2', '3.9.1', 'finish breaks X at its next restart, not before', async (_stage, x, y) => {
      for (const role of [x, y]) expect(await statusOf(role, '/r2')).toBe(200);
      await y.kong(['migrations', 'finish']);
      for (const role of [x, y]) expect(await statusOf(role, '/r2')).toBe(200);
      for (const role of [x, y]) expect((await role.kong(['restart'])).code).toBe(0);
      expect(await statusOf(x, '/r2')).toBe(500);
      expect(await statusOf(y, '/r2')).toBe(200);
      expect(await statusOf(x, '/r1', 'alice-key')).toBe(200);
    });

    pairTest(
      kong,
      '3.4.2',
      '3.9.1',
      'a limit with a Redis written through the other side after up breaks',
      async (_stage, x, y) => {
        await write(x, 'PUT', '/services/echo/routes/rx', { 'paths[]': '/rx' });
        await write(x, 'POST', '/routes/rx/plugins', {
          name: 'rate-limiting',
          'config.minute': '77',
          'config.policy': 'redis',
          'config.redis_host': '127.0.0.1',
        });
        await write(y, 'PUT', '/services/echo/routes/ry', { 'paths[]': '/ry' });
        await write(y, 'POST', '/routes/ry/plugins', {
          name: 'rate-limiting',
          'config.minute': '88',
          'config.policy': 'redis',
          'config.redis.host': '127.0.0.1',
        });
        for (const role of [x, y]) await role.kong(['reload']);
        expect([await statusOf(x, '/rx'), await statusOf(x, '/ry')]).toEqual([200, 500]);
        expect([await statusOf(y, '/rx'), await statusOf(y, '/ry')]).toEqual([200, 200]);
        await y.kong(['migrations', 'finish']);
        await y.kong(['restart']);
        expect([await statusOf(y, '/rx'), await statusOf(y, '/ry')]).toEqual([500, 200]);
      },
    );

    pairTest(
      kong,
      '3.6.1',
      '3.7.1',
      'routes do not reach a running node of the other side, credentials do',
      async (_stage, x, y) => {
        await write(x, 'PUT', '/services/echo/routes/late', { 'paths[]': '/late' });
        await waitFor('X has the route', async () => (await statusOf(x, '/late')) === 200);
        expect(await statusOf(y, '/r1', 'bob-key')).toBe(401);
        await write(x, 'PUT', '/consumers/bob');
        await write(x, 'POST', '/consumers/bob/key-auth', { key: 'bob-key' });
        await waitFor('Y has the key', async () => (await statusOf(y, '/r1', 'bob-key')) === 200);
        await sleep(SPREAD_MS);
        expect(await statusOf(y, '/late')).toBe(404);
        expect((await send(`${y.admin}/routes/late`)).status).toBe(200);
        await y.kong(['reload']);
        expect(await statusOf(y, '/late')).toBe(200);
        await write(y, 'DELETE', '/consumers/bob');
        await waitFor('X has lost the key', async () => (await statusOf(x, '/r1', 'bob-key')) === 401);
      },
    );

    pairTest(kong, '3.9.0', '3.9.1', 'routes reach the other side', async (_stage, x, y) => {
      await write(x, 'PUT', '/services/echo/routes/late', { 'paths[]': '/late' });
      await waitFor('Y has the route', async () => (await statusOf(y, '/late')) === 200);
    });

    pairTest(kong, '3.6.1', '3.7.1', 'a cluster limit is one shared row', async (stage, x, y) => {
      for (const role of [x, y, x, y]) expect(await statusOf(role, '/r1', 'alice-key')).toBe(200);
      const count = async (): Promise<number> =>
        Number((await stage.query('SELECT sum(value) AS n FROM ratelimiting_metrics'))[0]?.['n'] ?? 0);
      await waitFor('all four are counted', async () => (await count()) === 4);
    });

    pairTest(kong, '3.7.1', '3.9.1', 'a plugin that only Y knows keeps X on its old plugins', async (_stage, x, y) => {
      await write(y, 'POST', '/routes/r3/plugins', {
        name: 'redirect',
        'config.location': 'http://127.0.0.1/x',
        'config.status_code': '302',
      });
      await waitFor('Y redirects', async () => (await statusOf(y, '/r3')) === 302);
      const log = (): string => readFileSync(join(x.prefix, 'logs', 'error.log'), 'utf8');
      await waitFor('X complains', () =>
        /could not rebuild plugins iterator.*redirect plugin is in use but not enabled/.test(log()),
      );
      await write(x, 'PUT', '/services/echo/routes/open', { 'paths[]': '/open' });
      await write(x, 'POST', '/routes/open/plugins', { name: 'key-auth' });
      await waitFor('X has the new route', async () => (await statusOf(x, '/open')) !== 404);
      expect(await statusOf(x, '/open')).toBe(200);
      expect(await send(`${x.status}/status/ready`)).toMatchObject({ status: 200 });
      expect((await x.kong(['reload'])).code).toBe(0);
      expect(log()).toContain('init_by_lua error');
      expect(await statusOf(x, '/r3')).toBe(200);
      const restart = await x.kong(['restart']);
      expect(restart).toMatchObject({ code: 1, stdout: 'Kong stopped\n' });
      expect(restart.stderr).toContain('error building initial plugins: redirect plugin is in use but not enabled');
      expect((await x.kong(['health'])).code).toBe(1);
    });
  });
}
