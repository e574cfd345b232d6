import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { deferred, endsLate, fromCall, waitsFor } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create({ steeredTimers: true })));
afterAll(() => env.close());

/** Timers of the run that went off; those of limits that were met are cancelled. */
async function timersFired({ handle }: Run): Promise<number> {
  const { events } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.timerFiredEventAttributes).length;
}

describe.concurrent('X is stopped and the seal written within a minute, or X is started again', () => {
  it.each([
    ['a node of X does not stop', 'stopNodes:x', 1],
    ['the guardrails take too long to be read again', 'readFinishFacts', 2],
  ])('%s', async (_, key, nth) => {
    const run = await env.start({ world: (world) => world.on(key, fromCall(nth, endsLate(200))) });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({ phase: 'finish', code: 'StretchTooLong' });
    expect(held.seal).toBeUndefined();
    expect(undoneKeys(run.world)).toEqual(['startNodes:x', 'setWeight:0']);
    expectNoOverlap(run.world);
    expect(run.world).toMatchObject({ weight: 0, xUp: true, frozen: true });

    run.world.mend(key);
    await run.signal('retry', { by: 'ann', phase: 'shift' });
    await run.untilGate('finish');
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('the seal that was sent is waited for, however long it takes', async () => {
    const { promise, resolve } = deferred();
    const run = await env.start({ world: (world) => world.on('writeSeal', waitsFor(promise)) });
    await run.approve('finish');
    await run.world.began('writeSeal');
    await waitFor('the time is over', async () => (await timersFired(run)) > 0, { timeoutMs: 150_000, everyMs: 100 });
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(undoneKeys(run.world)).toEqual(['thawConfiguration']);
  });
});

describe.concurrent('the limit of the freeze', () => {
  it('passes while `finish` runs: people are told, and nothing is stopped', async () => {
    const { promise, resolve } = deferred();
    const run = await env.start({ world: (world) => world.on('migrateFinish', waitsFor(promise)) });
    await run.approve('finish');
    await run.world.began('migrateFinish');
    const told = () =>
      run.world.calls.some(
        ({ name, input }) => name === 'notify' && (input as { text: string }).text.startsWith('the freeze has lasted'),
      );
    await waitFor('people are told', () => Promise.resolve(told()), { timeoutMs: 150_000, everyMs: 100 });
    expect(await run.status()).toMatchObject({ state: 'running', phase: 'finish' });
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.status()).failure).toBeUndefined();
  });
});
