import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MESSAGES } from '../../src/domain/names.ts';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import { deferred, endsLate, waitsFor, type World } from '../support/fake-activities-world.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';

const execute = promisify(execFile);
let env: WorkflowEnvironment;
let dir: string;
beforeAll(async () => {
  env = await WorkflowEnvironment.create();
  dir = await mkdtemp(join(tmpdir(), 'crossfade-test-'));
});
afterAll(async () => {
  await rm(dir, { recursive: true });
  await env.close();
});

/** What the Temporal UI asks a workflow for. */
interface Metadata {
  readonly currentDetails: string;
  readonly definition: Record<'signalDefinitions' | 'updateDefinitions', { name: string; description?: string }[]>;
}

/** The plain `temporal` command. */
async function temporal(...args: string[]): Promise<string> {
  const { stdout } = await execute(env.temporal.command, [...args, '--address', env.temporal.address]);
  return stdout;
}

/** Starts an upgrade the way that the README tells. */
async function start(prepare: (world: World) => void): Promise<{ id: string; run: Run }> {
  const cluster = env.nextCluster();
  const id = `kong/${cluster}`;
  const world = env.world(cluster);
  prepare(world);
  const file = join(dir, `${cluster}.json`);
  await writeFile(file, JSON.stringify(testPlan(cluster, { gates: {} })));
  const what = ['--type', 'blueGreenUpgrade', '--task-queue', 'crossfade', '--workflow-id', id, '--input-file', file];
  await temporal('workflow', 'start', ...what);
  return { id, run: env.follow(env.client.workflow.getHandle(id), world) };
}

const input = (payload: object): string[] => ['--input', JSON.stringify(payload)];

describe.concurrent('the plain temporal command', () => {
  it('starts, approves, pauses, resumes, asks and updates', async () => {
    const release = deferred();
    const { id, run } = await start((world) => world.on('migrateUp', waitsFor(release.promise)));
    const signal = (name: string, payload: object) =>
      temporal('workflow', 'signal', '-w', id, '--name', name, ...input(payload));
    await run.untilGate('start');
    await signal('approve', { by: 'ann', gate: 'start' });
    await run.world.began('migrateUp');
    await signal('pause', { by: 'ann', reason: 'lunch' });
    release.resolve();
    await run.untilState('paused');
    const answer = await temporal('workflow', 'query', '-w', id, '--type', 'status', '--output', 'json');
    const { queryResult } = JSON.parse(answer) as { queryResult: UpgradeStatus[] };
    expect(queryResult[0]).toMatchObject({ state: 'paused', phase: 'migrate', paused: { by: 'ann' } });
    await signal('resume', { by: 'ann' });
    await run.untilGate('finish');
    const update = ['workflow', 'update', 'execute', '-w', id, '--name', 'approve', ...input({ by: 'bob' })];
    expect(await temporal(...update)).toContain('approved gate finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('cancels: that is an abort', async () => {
    const { id, run } = await start((world) => world.on('drillRestore', endsLate(1)));
    await run.approve('start');
    await run.world.began('drillRestore');
    await temporal('workflow', 'cancel', '-w', id);
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('shows what each message is for, and the state as Markdown', async () => {
    const { id, run } = await start(() => undefined);
    await run.untilGate('start');
    const type = '__temporal_workflow_metadata';
    const answer = await temporal('workflow', 'query', '-w', id, '--type', type, '--output', 'json');
    const { queryResult } = JSON.parse(answer) as { queryResult: Metadata[] };
    const shown = queryResult[0] as Metadata;
    for (const kind of ['signalDefinitions', 'updateDefinitions'] as const) {
      const described = Object.fromEntries(shown.definition[kind].map((one) => [one.name, one.description]));
      for (const name of MESSAGES) expect(described[name]).toMatch(/Takes one object: \{"by":"ann"/);
    }
    expect(shown.currentDetails).toContain(`temporal workflow signal -w ${id} --name approve`);
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'refused' });
  });
});
