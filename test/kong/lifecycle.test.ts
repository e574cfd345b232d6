import { Agent } from 'node:http';
import { describe, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { openWebSocket } from '../support/websocket.ts';
import { configure } from './configure.ts';
import { useEcho } from './echo.ts';
import { send, series } from './http.ts';
import { has, kongs } from './kongs.ts';
import { useStages, type Role, type Stage } from './stage.ts';

const RELEASE = '3.7.1';
const openStage = useStages();
const upstream = useEcho();

async function started(stage: Stage): Promise<Role> {
  const role = await stage.role('x', RELEASE);
  await role.kong(['migrations', 'bootstrap']);
  await role.kong(['start']);
  await configure(role, upstream());
  await role.kong(['reload']);
  return role;
}

/** How a request that is cut ends. */
const outcome = (sent: Promise<{ status: number }>): Promise<number | string> =>
  sent.then(
    ({ status }) => status,
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

/** A client whose connection stays open, used once. */
async function idleClient(role: Role): Promise<Agent> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await send(`${role.proxy}/r3`, { agent })).status).toBe(200);
  return agent;
}

async function requests(role: Role): Promise<number> {
  const metrics = (await send(`${role.status}/metrics`)).text;
  return Object.values(series(metrics, 'kong_http_requests_total')).reduce((a, b) => a + b, 0);
}

const nodeId = async (role: Role): Promise<unknown> => ((await send(role.admin)).json as { node_id: string }).node_id;

for (const kong of kongs().filter((each) => has(each, [RELEASE]))) {
  describe.concurrent(`recorded endings: ${kong.label}`, { timeout: 300_000 }, () => {
    const onNode = (title: string, check: (role: Role) => Promise<void>): void => {
      test(title, async () => {
        const stage = await openStage(kong);
        try {
          await check(await started(stage));
        } finally {
          await stage.close();
        }
      });
    };

    onNode('quit refuses new connections, closes idle ones and lets a request in flight finish', async (role) => {
      const agent = await idleClient(role);
      const slow = outcome(send(`${role.proxy}/r3?hold=quit`));
      await waitFor('the request is in flight', async () => (await inFlight(role)) > 0);
      const quit = role.kong(['quit']);
      await waitFor(
        'new connections are refused',
        async () => (await outcome(send(`${role.proxy}/r3`))) === 'ECONNREFUSED',
      );
      await waitFor('the idle connection is gone', () => Object.keys(agent.freeSockets).length === 0);
      upstream.letGo('quit');
      expect(await slow).toBe(200);
      expect(await quit).toMatchObject({ code: 0, stdout: 'Kong stopped (gracefully)\n' });
    });

    onNode('quit --timeout cuts what takes longer', async (role) => {
      const slow = outcome(send(`${role.proxy}/r3?hold=cut`));
      await waitFor('the request is in flight', async () => (await inFlight(role)) > 0);
      expect(await role.kong(['quit', '--timeout', '1'])).toMatchObject({
        code: 0,
        stdout: 'Timeout, Kong stopped forcefully\n',
      });
      expect(await slow).toBe('ECONNRESET');
    });

    onNode('a WebSocket passes and is a request that runs; reload leaves it, quit --timeout cuts it', async (role) => {
      const refused = await openWebSocket(`${role.proxy}/no-such-route`);
      expect(refused.answer).toMatch(/^HTTP\/1\.1 404 /);
      const { answer, say, closed } = await openWebSocket(`${role.proxy}/r3`);
      expect(answer).toMatch(/^HTTP\/1\.1 101 [^]*upgrade: websocket/i);
      expect(await say('hello')).toBe('hello');
      await waitFor('it is the only one', async () => (await inFlight(role)) === 1);
      await role.kong(['reload']);
      expect(await say('still here')).toBe('still here');
      expect(await role.kong(['quit', '--timeout', '1'])).toMatchObject({
        stdout: 'Timeout, Kong stopped forcefully\n',
      });
      await closed;
    });

    onNode('reload closes idle connections, finishes what is in flight, keeps node id and counters', async (role) => {
      const agent = await idleClient(role);
      const slow = send(`${role.proxy}/r3?hold=reload`);
      await waitFor('the request is in flight', async () => (await inFlight(role)) > 0);
      const before = { id: await nodeId(role), requests: await requests(role) };
      const reload = role.kong(['reload']);
      const answers = new Set<number | string>();
      while (Object.keys(agent.freeSockets).length > 0) answers.add(await outcome(send(`${role.proxy}/r3`)));
      upstream.letGo('reload');
      expect([...answers]).toEqual([200]);
      expect(await reload).toMatchObject({ code: 0, stdout: 'Kong reloaded\n' });
      expect((await slow).status).toBe(200);
      expect((await slow).headers.connection).toBe('close');
      expect(await nodeId(role)).toBe(before.id);
      expect(await requests(role)).toBeGreaterThan(before.requests);
    });

    onNode('restart gives a new node id and new counters', async (role) => {
      await send(`${role.proxy}/r3`);
      const id = await nodeId(role);
      expect(await requests(role)).toBe(1);
      expect(await role.kong(['restart'])).toMatchObject({ code: 0, stdout: 'Kong stopped\nKong started\n' });
      expect(await nodeId(role)).not.toBe(id);
      expect(await requests(role)).toBe(0);
    });
  });
}

/** Requests that the node works on, without the one that asks and the one that is Kong's own: a worker's for events. */
async function inFlight(role: Role): Promise<number> {
  const status = (await send(`${role.status}/status`)).json as { server: { connections_writing: number } };
  return status.server.connections_writing - 2;
}
