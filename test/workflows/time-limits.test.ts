import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { deferred, endsLate, fails, fromCall, waitsFor, type World } from '../support/fake-activities-world.ts';
import { LIMIT_IS_OVER, STRETCH_IS_OVER } from '../support/steered-timers.ts';
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
    await run.world.began(key, nth);
    await run.handle.signal(STRETCH_IS_OVER);
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
    await run.handle.signal(STRETCH_IS_OVER);
    await waitFor('the time is over', async () => (await timersFired(run)) > 0, { timeoutMs: 150_000, everyMs: 100 });
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(undoneKeys(run.world)).toEqual(['thawConfiguration']);
  });
});

/** What people were told about the limit. */
const alerts = ({ calls }: World): string[] =>
  calls
    .filter(({ name }) => name === 'notify')
    .map(({ input }) => (input as { text: string }).text)
    .filter((text) => text.startsWith('the freeze has lasted'));

describe.concurrent('the limit of the freeze', () => {
  it('passes while `finish` runs: people are told, and nothing is stopped', async () => {
    const { promise, resolve } = deferred();
    const run = await env.start({ world: (world) => world.on('migrateFinish', waitsFor(promise)) });
    await run.approve('finish');
    await run.world.began('migrateFinish');
    await run.until('people are told', () => alerts(run.world).length > 0);
    expect(await run.status()).toMatchObject({ state: 'running', phase: 'finish' });
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.status()).failure).toBeUndefined();
  });

  it('is told during a hold too, once, and a retry goes on', async () => {
    const run = await env.start({
      plan: { freeze: { quiet: '1ms', limit: '1h' } },
      world: (world) => world.on('takeBaseline', fails('NodesNotReady', 'made to fail')),
    });
    await run.untilState('held');
    expect(alerts(run.world)).toEqual([]);
    await run.handle.signal(LIMIT_IS_OVER);
    await run.until('the limit has passed', () => alerts(run.world).length > 0);
    expect(await run.status()).toMatchObject({ state: 'held', failure: { kind: 'failed', message: 'made to fail' } });
    run.world.mend('takeBaseline');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(alerts(run.world)).toEqual(['the freeze has lasted 1 h, its limit']);
    const attempts = (await run.status()).phases.map(({ name, attempts: count }) => `${name} ${count}`);
    expect(attempts.slice(0, 4)).toEqual(['preflight 1', 'freeze 2', 'backup 1', 'deploy 1']);
  });
});
