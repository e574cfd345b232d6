import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import { tempDir } from '../../sandbox/demo/leftovers.ts';
import { scenarios } from '../../sandbox/demo/scenarios.ts';
import { setUp, type Demo } from '../../sandbox/demo/set-up.ts';
import { stopEverything } from '../../sandbox/demo/stop.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';

// Everything here is done with the plain `temporal` command, as the README tells people to.

const parent = tempFolder();
const dir = join(parent, 'demo');
const workflow = ['--workflow-id', 'kong/demo'];
let demo: Demo;

beforeAll(async () => {
  process.env['TMPDIR'] = tempDir(dir);
  demo = await setUp(dir, scenarios.patch, () => undefined);
}, 300_000);

afterAll(async () => {
  const { left } = await stopEverything(dir);
  await removeFolder(dir);
  await rm(parent, { recursive: true });
  expect(left).toEqual([]);
}, 180_000);

async function temporal(...args: string[]): Promise<unknown> {
  const { command, address } = demo.sandbox.temporal;
  const { stdout } = await promisify(execFile)(command, [...args, '--address', address, '--output', 'json']);
  return stdout === '' ? undefined : (JSON.parse(stdout) as unknown);
}

async function status(): Promise<UpgradeStatus> {
  const answer = await temporal('workflow', 'query', ...workflow, '--type', 'status');
  return (answer as { queryResult: [UpgradeStatus] }).queryResult[0];
}

const signal = (name: string, payload: object) =>
  temporal('workflow', 'signal', ...workflow, '--name', name, '--input', JSON.stringify(payload));

async function until(what: string, reached: (now: UpgradeStatus) => boolean): Promise<UpgradeStatus> {
  return waitFor(
    what,
    async () => {
      const now = await status();
      return reached(now) && now;
    },
    { timeoutMs: 150_000, everyMs: 200 },
  );
}

test('start, query, approve, pause, resume, abort, and the result', async () => {
  const named = ['--type', 'blueGreenUpgrade', '--task-queue', 'crossfade', ...workflow];
  await temporal('workflow', 'start', ...named, '--input-file', demo.planFile);
  await until('gate start is open', ({ gates }) =>
    gates.some(({ gate, state }) => gate === 'start' && state === 'open'),
  );

  // Whoever started it can't approve it; that changes nothing.
  await signal('approve', { by: 'the demo', gate: 'start' });
  await signal('pause', { by: 'ann', reason: 'lunch' });
  await signal('approve', { by: 'ann', gate: 'start' });
  const paused = await until('it is paused', ({ state }) => state === 'paused');
  expect(paused.messages).toMatchObject({ accepted: 2, refused: 1 });
  expect(paused.phases.find(({ name }) => name === 'freeze')?.result).toBe('pending');

  await signal('resume', { by: 'ann' });
  await until('Y has traffic', ({ traffic }) => traffic.weight > 0);
  await signal('abort', { by: 'ann', reason: 'changed my mind' });
  const ended = await until('it has ended', ({ state }) => state === 'ended');
  expect(ended.outcome).toBe('rolled-back');
  expect(ended.traffic.weight).toBe(0);

  const gates = await temporal('workflow', 'query', ...workflow, '--type', 'gates');
  expect(gates).toMatchObject({ queryResult: [[{ gate: 'start', state: 'approved' }]] });
  const timeline = (await temporal('workflow', 'query', ...workflow, '--type', 'timeline')) as {
    queryResult: [{ text: string }[]];
  };
  expect(timeline.queryResult[0].map(({ text }) => text)).toContain('ended: rolled-back');
  const result = (await temporal('workflow', 'result', ...workflow)) as { status: string; result: { outcome: string } };
  expect(result).toMatchObject({ status: 'COMPLETED', result: { outcome: 'rolled-back' } });
  expect(await demo.load.stop()).toMatchObject({ failed: 0 });
}, 300_000);
