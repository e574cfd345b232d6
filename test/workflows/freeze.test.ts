import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { fails, type World } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

/** What people were told about the limit. */
const alerts = ({ calls }: World): string[] =>
  calls
    .filter(({ name }) => name === 'notify')
    .map(({ input }) => (input as { text: string }).text)
    .filter((text) => text.startsWith('the freeze has lasted'));

describe.concurrent('the limit of the freeze', () => {
  it('holds with the traffic where it is, and a retry goes on in spite of it', async () => {
    const run = await env.start({ plan: { freeze: { quiet: '1ms', limit: '1s' } } });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'freeze-limit', code: 'FreezeLimit' } });
    expect(undoneKeys(run.world)).toEqual([]);
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(alerts(run.world)).toEqual(['the freeze has lasted 1 s, its limit']);
    expectNoOverlap(run.world);
  });
});

describe.concurrent("the user's own commands that stop and resume updates", () => {
  const before = [
    ['pause', 'pipeline'],
    ['pause', 'operator'],
  ];
  const after = [['resume', 'operator']];
  const plan: Partial<PlanInput> = { freeze: { quiet: '1ms', before, after } };
  const commands = ({ calls }: World) =>
    calls
      .filter(({ name }) => name === 'runUserCommands')
      .map(({ input }) => (input as { commands: unknown }).commands);
  const around = (world: World, key: string): string[] => {
    const keys = acts(world);
    const at = key === 'first' ? keys.indexOf('runUserCommands') : keys.lastIndexOf('runUserCommands');
    return keys.slice(at - 1, at + 2);
  };

  it('before the guard is there, and after it is gone', async () => {
    const run = await env.start({ plan });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(commands(run.world)).toEqual([before, after]);
    expect(around(run.world, 'first')).toEqual(['runTests:x', 'runUserCommands', 'waitForQuiet']);
    expect(around(run.world, 'last')).toEqual(['thawConfiguration', 'runUserCommands', 'proveWritable']);
  });

  it('are resumed by an undo, also when not all of them could be stopped', async () => {
    const failing = await env.start({
      plan,
      world: (world) => world.on('runUserCommands', fails('NodesNotReady', 'made to fail')),
    });
    const later = await env.start({ plan, world: (world) => world.on('runTests:y', fails('TestsFailed')) });
    for (const run of [failing, later]) {
      await run.untilState('held');
      run.world.mend('runUserCommands');
      await run.signal('abandon', { by: 'ann' });
      expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
      expect(commands(run.world)).toEqual([before, after]);
      expect(acts(run.world).slice(-2)).toEqual(['thawConfiguration', 'runUserCommands']);
    }
  });

  it('are resumed when an upgrade is ended after the seal', async () => {
    const run = await env.start({ plan, world: (world) => world.on('migrateFinish', fails('NodesNotReady')) });
    await run.approve('finish');
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(commands(run.world)).toEqual([before, after]);
    expect(around(run.world, 'last')).toEqual(['thawConfiguration', 'runUserCommands', 'closeSeal']);
  });
});
