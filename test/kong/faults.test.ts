import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { Faults } from '../../sandbox/kong/faults.ts';
import { configure } from './configure.ts';
import { useEcho } from './echo.ts';
import { send, series } from './http.ts';
import { kongs } from './kongs.ts';
import { useStages, type Role, type Stage } from './stage.ts';

const openStage = useStages();
const upstream = useEcho();
const dir = mkdtempSync(join(tmpdir(), 'crossfade-faults-'));
afterAll(() => rm(dir, { recursive: true }));

const [standin] = kongs();
let files = 0;

/** A node named `y1` that reads its faults from a file. */
async function started(stage: Stage): Promise<{ role: Role; set: (faults: Faults) => void }> {
  const file = join(dir, `${++files}.json`);
  const role = await stage.role('y1', '3.7.1', { STANDIN_FAULTS: file });
  await role.kong(['migrations', 'bootstrap']);
  return { role, set: (faults) => writeFileSync(file, JSON.stringify(faults)) };
}

async function serving(stage: Stage): Promise<{ role: Role; set: (faults: Faults) => void }> {
  const node = await started(stage);
  await node.role.kong(['start']);
  await configure(node.role, upstream());
  await node.role.kong(['reload']);
  return node;
}

const ask = (role: Role): ReturnType<typeof send> => send(`${role.proxy}/r3`);

describe.concurrent('faults on demand of the stand-in', { timeout: 300_000 }, () => {
  const onStage = (title: string, check: (stage: Stage) => Promise<void>): void => {
    test(title, async () => {
      if (standin === undefined) throw new Error('no stand-in');
      const stage = await openStage(standin);
      try {
        await check(stage);
      } finally {
        await stage.close();
      }
    });
  };

  onStage(
    'a share of the requests gets the status asked for, marked and counted, until the file says otherwise',
    async (stage) => {
      const { role, set } = await serving(stage);
      expect((await ask(role)).status).toBe(200);
      set({ proxy: { ratio: 0.5, status: 503 }, nodes: ['y1'] });
      await waitFor('the fault is there', async () => (await ask(role)).status === 503);
      const answers = await Promise.all(Array.from({ length: 60 }, () => ask(role)));
      const spoilt = answers.filter(({ status }) => status === 503);
      expect(spoilt.length).toBeGreaterThan(10);
      expect(spoilt.length).toBeLessThan(50);
      expect(spoilt.every(({ headers }) => headers['x-standin-fault'] === '1')).toBe(true);
      expect(answers.filter(({ headers }) => 'x-standin-fault' in headers)).toHaveLength(spoilt.length);
      const counts = series((await send(`${role.status}/metrics`)).text, 'kong_http_requests_total');
      expect(Object.keys(counts).some((labels) => labels.includes('code="503",source="kong"'))).toBe(true);
      set({ proxy: { status: 503 }, nodes: ['y2'] });
      await waitFor('another node is meant', async () => (await ask(role)).status === 200);
    },
  );

  onStage('latency, and no routes at all', async (stage) => {
    const { role, set } = await serving(stage);
    set({ proxy: { latencyMs: 300 } });
    await waitFor('requests are slow', async () => {
      const before = performance.now();
      return (await ask(role)).headers['x-standin-fault'] === '1' && performance.now() - before >= 300;
    });
    set({ proxy: { noRoutes: true } });
    await waitFor('no route is found', async () => (await ask(role)).status === 404);
    expect((await ask(role)).headers['x-standin-fault']).toBe('1');
  });

  onStage('a node that dies after its start, and one that is never ready', async (stage) => {
    const { role, set } = await started(stage);
    set({ start: 'crash' });
    expect(await role.kong(['start'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Kong started') as string,
    });
    await waitFor('the node is dead', async () => (await role.kong(['health'])).code === 1);
    set({ start: 'unready' });
    expect((await role.kong(['start'])).code).toBe(0);
    expect((await send(`${role.status}/status/ready`)).status).toBe(503);
    set({});
    await waitFor('the node is ready', async () => (await send(`${role.status}/status/ready`)).status === 200);
  });

  onStage('migrations that fail or hang', async (stage) => {
    const { role, set } = await started(stage);
    const y = await stage.role('y', '3.9.1', { STANDIN_FAULTS: role.env['KONG_STANDIN_FAULTS'] ?? '' });
    set({ migrations: { fail: '024_380_to_390' } });
    const failed = await y.kong(['migrations', 'up']);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain(`failed to run migration '024_380_to_390' up: ERROR: made to fail`);
    expect((await y.kong(['migrations', 'list'])).code).toBe(5);
    set({ migrations: { sleepMs: 700 } });
    const before = performance.now();
    expect((await y.kong(['migrations', 'up'])).code).toBe(0);
    expect(performance.now() - before).toBeGreaterThan(700);
    expect((await y.kong(['migrations', 'list'])).code).toBe(0);
  });
});
