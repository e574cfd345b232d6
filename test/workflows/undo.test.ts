import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fail } from '../support/fake-activities.ts';
import { deferred, endsLate, fails, waitsFor, type World } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const ALL_BACK = ['setWeight:0', 'stopNodes:y', 'thawConfiguration'];

/** An upgrade whose traffic has to go back, with an undo that does not work. */
const stuckAt = async (undo: string): Promise<Run> => {
  const run = await env.start({
    plan: { onFailure: { then: 'unwind' } },
    world: (world) => {
      world.verdicts.set('shift-25', fail);
      world.on(undo, fails('NodesNotReady', 'made to stick'));
    },
  });
  await run.until('the undo is stuck', (status) => status.undo.some(({ state }) => state === 'stuck'));
  return run;
};

describe.concurrent('an undo that is stuck', () => {
  it('is shown with its error and tried again by `retry`', async () => {
    const run = await stuckAt('stopNodes:y');
    const { undo, state } = await run.status();
    expect(state).toBe('unwinding');
    expect(undo.find(({ name }) => name === 'stopY')).toMatchObject({
      error: 'made to stick',
      attempts: expect.any(Number),
    });
    run.world.mend('stopNodes:y');
    await run.ask('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world).toMatchObject({ yUp: false, frozen: false });
  });

  it('is none where only the tidying of the guard has to wait: that is noted', async () => {
    const leftover = 'Writes work again; triggers on services are left';
    const run = await env.start({
      plan: { onFailure: { then: 'unwind' } },
      world: (world) => {
        world.verdicts.set('shift-25', fail);
        world.on('thawConfiguration', async (_, usual) => ({ ...((await usual()) as object), leftover }));
      },
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect((await run.status()).freeze).toMatchObject({ frozen: false });
    expect((await run.timeline()).map(({ text }) => text)).toContain(leftover);
  });

  it('is tried again by itself', async () => {
    const run = await stuckAt('thawConfiguration');
    run.world.mend('thawConfiguration');
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world.frozen).toBe(false);
  });

  it('may be let go by `accept` with a reason, and the report says so', async () => {
    const run = await stuckAt('stopNodes:y');
    expect(await run.ask('accept', { by: 'ann', finding: 'undo:thaw', reason: 'x' })).toMatchObject({
      accepted: false,
    });
    await run.signal('accept', { by: 'ann', finding: 'undo:stopY', reason: 'the host is gone' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
    const { undo } = await run.status();
    expect(undo.find(({ name }) => name === 'stopY')).toMatchObject({
      state: 'skipped',
      skippedBy: { by: 'ann', reason: 'the host is gone' },
    });
    expect(run.world.frozen).toBe(false);
  });

  it('may be let go while it is being tried again', async () => {
    const release = deferred();
    const run = await stuckAt('stopNodes:y');
    run.world.on('stopNodes:y', async (input, usual) => {
      await release.promise;
      return fails('NodesNotReady')(input, usual);
    });
    await run.world.began('stopNodes:y', run.world.calls.filter(({ key }) => key === 'stopNodes:y').length + 1);
    const accept = { by: 'ann', finding: 'undo:stopY', reason: 'the host is gone' };
    expect(await run.ask('accept', accept)).toEqual({ accepted: true, text: 'skipping undo:stopY' });
    release.resolve();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
  });

  it('the traffic is never let go: Y keeps it until X is ready, and nothing else is undone before', async () => {
    const down = { x1: 'does not answer', x2: 'does not answer' };
    const run = await env.start({
      world: (world) => {
        world.verdicts.set('shift-25', fail);
        world.on('watchTraffic:shift-25', async (_, usual) => {
          world.nodesNotReady.x = down;
          return usual();
        });
      },
    });
    await run.until('the traffic can not go back', ({ state, undo }) => {
      return state === 'retreating' && undo.some(({ name, state: now }) => name === 'returnTraffic' && now === 'stuck');
    });
    expect(run.world.weight).toBe(25);
    expect(undoneKeys(run.world)).toEqual([]);
    const accept = { by: 'ann', finding: 'undo:returnTraffic', reason: 'please' };
    const refusals = [
      await run.ask('accept', accept),
      await run.ask('abort', { by: 'ann' }),
      await run.ask('approve', { by: 'ann' }),
      await run.ask('pause', { by: 'ann' }),
    ];
    expect(refusals.map(({ accepted }) => accepted)).toEqual([false, false, false, false]);
    run.world.nodesNotReady.x = {};
    await run.signal('retry', { by: 'ann' });
    await run.untilState('held');
    expect(run.world.weight).toBe(0);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('what was undone is still told when the upgrade goes on and completes', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', fail) });
    await run.untilState('held');
    run.world.verdicts.clear();
    await run.signal('retry', { by: 'ann' });
    const { undo } = await run.untilGate('finish');
    const returned = { name: 'returnTraffic', state: 'done', attempts: 1 };
    expect(undo).toContainEqual(expect.objectContaining(returned));
    expect(undo).toContainEqual(expect.objectContaining({ name: 'returnTraffic', state: 'registered' }));
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.status()).undo).toMatchObject([returned]);
  });

  it('one node of X is enough to take the traffic back', async () => {
    const run = await env.start({
      plan: { onFailure: { then: 'unwind' } },
      world: (world) => {
        world.verdicts.set('shift-25', fail);
        world.on('setWeight:25', async (_, usual) => {
          world.nodesNotReady.x = { x2: 'does not answer' };
          return usual();
        });
      },
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

describe.concurrent('cancelling the workflow is an abort', () => {
  const where: readonly [string, (world: World) => void, (run: Run) => Promise<void>, string, string[]][] = [
    [
      'before traffic',
      (world) => world.on('drillRestore', endsLate(100)),
      (run) => run.world.began('drillRestore'),
      'rolled-back',
      ['thawConfiguration'],
    ],
    [
      'in a bake',
      (world) => world.on('watchTraffic:shift-25', endsLate(1)),
      (run) => run.world.began('watchTraffic:shift-25'),
      'rolled-back',
      ALL_BACK,
    ],
  ];
  it.each(where)('%s', async (_, prepare, until, outcome, undone) => {
    const run = await env.start({ world: prepare });
    await until(run);
    await run.handle.cancel();
    await run.handle.cancel();
    expect(await run.result()).toMatchObject({ outcome });
    expect(undoneKeys(run.world)).toEqual(undone);
    expectNoOverlap(run.world);
    expect(await run.status()).toMatchObject({ abort: { by: 'workflow cancel' } });
    expect((await run.handle.describe()).status.name).toBe('COMPLETED');
  });

  it('during a retreat: it stops nothing, and the upgrade is held', async () => {
    const release = deferred();
    const run = await env.start({
      world: (world) => {
        world.verdicts.set('shift-25', fail);
        world.on('setWeight:0', waitsFor(release.promise));
      },
    });
    await run.world.began('setWeight:0');
    await run.handle.cancel();
    await run.until('the cancel is answered', ({ messages }) => messages.refused === 1);
    release.resolve();
    await run.untilState('held');
    expect(run.world.calls.find(({ key }) => key === 'setWeight:0')?.result).toBe('done');
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('after the seal: refused, and the upgrade completes', async () => {
    const release = deferred();
    const run = await env.start({ world: (world) => world.on('migrateFinish', waitsFor(release.promise)) });
    await run.approve('finish');
    await run.world.began('migrateFinish');
    // Watches that have ended.
    const cancelled = await run.cancelRequests();
    await run.handle.cancel();
    await run.until('the cancel is answered', ({ messages }) => messages.refused === 1);
    // Nor does a pause reach the command.
    expect(await run.ask('pause', { by: 'ann' })).toMatchObject({ accepted: true });
    expect(await run.cancelRequests()).toBe(cancelled);
    await run.signal('resume', { by: 'ann' });
    release.resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.status()).messages.last).toContainEqual(
      expect.objectContaining({
        via: 'cancel',
        result: 'refused',
        answer: expect.stringContaining('nothing left to undo'),
      }),
    );
  });
});
