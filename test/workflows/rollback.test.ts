import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endsLate, fails, fromCall } from '../support/fake-activities-world.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const UNDO = [
  ...['openUpgrade', 'readSeal', 'readFreeze', 'readTraffic'],
  ...['startNodes:x', 'checkNodes:x', 'setWeight:0', 'stopNodes:y', 'thawConfiguration'],
];

/** An upgrade that somebody terminated while it did this; then a rollback with the same plan and the same id. */
async function rolledBack(key: string, nth = 1, before?: (run: Run) => void): Promise<{ run: Run; from: number }> {
  const upgrade = await env.start({ world: (world) => world.on(key, fromCall(nth, endsLate(1))) });
  const afterGate = ['stopNodes:x', 'migrateFinish', 'closeSeal'];
  if (afterGate.includes(key)) await upgrade.approve('finish');
  await upgrade.world.began(key, nth);
  await upgrade.handle.terminate('somebody was in a hurry');
  await upgrade.world.ended(key, nth);
  upgrade.world.mend(key);
  before?.(upgrade);
  const from = upgrade.world.calls.length;
  const cluster = upgrade.handle.workflowId.slice('kong/'.length);
  return { run: await env.startWith(cluster, testPlan(cluster), 'rollbackUpgrade'), from };
}

describe.concurrent('a rollback after the upgrade was terminated', () => {
  const stages = ['checkRules', 'waitForQuiet', 'dumpDatabase', 'prepareNodes:y', 'migrateUp', 'compareAnswers'];
  const later = ['watchTraffic:shift-25', 'watchTraffic:finish', 'stopNodes:x'];
  it.each([...stages, ...later])('in %s brings everything back', async (key) => {
    const { run, from } = await rolledBack(key);
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world, from)).toEqual(UNDO);
    expect(run.world).toMatchObject({ weight: 0, xUp: true, yUp: false, frozen: false });
  });

  it('after the seal is refused, and changes nothing', async () => {
    const { run, from } = await rolledBack('migrateFinish');
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: /there is no way back to X/ });
    expect(acts(run.world, from)).toEqual(['openUpgrade', 'readSeal']);
    expect(run.world).toMatchObject({ weight: 100, frozen: true });
  });

  it('after the upgrade was completed is refused, and changes nothing', async () => {
    const upgrade = await env.start();
    await upgrade.approve('finish');
    await upgrade.result();
    const cluster = upgrade.handle.workflowId.slice('kong/'.length);
    const from = upgrade.world.calls.length;
    const run = await env.startWith(cluster, testPlan(cluster), 'rollbackUpgrade');
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: /nothing is frozen/ });
    expect(acts(run.world, from)).toEqual(['openUpgrade', 'readSeal', 'readFreeze']);
    expect(run.world).toMatchObject({ weight: 100, xUp: false, yUp: true });
  });

  it('after a seal that was closed long ago goes on', async () => {
    const { run } = await rolledBack('compareAnswers', 1, ({ world }) => {
      const { workflowId } = { workflowId: 'kong/earlier' };
      const sealedAt = '2025-01-01T00:00:00.000Z';
      world.seal = { cluster: 'earlier', workflowId, runId: 'r', approvedBy: ['ann'], sealedAt, closed: true };
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    // Exactly the freeze that it has found.
    const thawed = run.world.calls.findLast(({ name }) => name === 'thawConfiguration');
    expect(thawed?.input).toMatchObject({ found: 'a run' });
  });

  it('that can not read the seal is refused', async () => {
    const { run } = await rolledBack('compareAnswers', 1, ({ world }) => world.on('readSeal', fails('SecretMissing')));
    expect(await run.result()).toMatchObject({ outcome: 'refused' });
    expect(run.world.frozen).toBe(true);
  });

  it('with an undo that is stuck: shown, refuses an abort and a cancel, goes on by `retry`', async () => {
    const { run } = await rolledBack('compareAnswers', 1, ({ world }) =>
      world.on('stopNodes:y', fails('NodesNotReady')),
    );
    await run.until('stopY is stuck', ({ undo }) =>
      undo.some(({ name, state }) => name === 'stopY' && state === 'stuck'),
    );
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: false, text: /already on the way back/ });
    await run.handle.cancel();
    await run.until('the cancel is answered', ({ messages }) => messages.refused === 1);
    run.world.mend('stopNodes:y');
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('with a plan that has faults is refused', async () => {
    const cluster = env.nextCluster();
    const run = await env.startWith(cluster, { cluster }, 'rollbackUpgrade');
    expect(await run.result()).toMatchObject({ outcome: 'refused' });
  });
});
