import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, fromCall, type World } from '../support/fake-activities-world.ts';
import { fail, pass } from '../support/fake-activities.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { AFTER_SEAL, type Failure } from './failures-table.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const rows = AFTER_SEAL.map((failure) => ({
  failure,
  title: `${failure.phase}: ${failure.fails} (call ${failure.nth ?? 1})`,
}));

const migrateFinish = AFTER_SEAL.find(({ fails: key }) => key === 'migrateFinish') as Failure;

/** Fails, and is held after the seal. */
async function held({ fails: key, nth = 1, nothingPending = false }: Failure): Promise<Run> {
  const run = await env.start({
    world: (world) => {
      world.pendingAfterUp = !nothingPending;
      world.on(key, fromCall(nth, fails('NodesNotReady', 'made to fail')));
    },
  });
  await run.approve('finish');
  await run.untilState('held');
  return run;
}

/** Abandoned after the seal, with a freeze that can't be lifted. */
async function stuck(): Promise<Run> {
  const run = await held(migrateFinish);
  run.world.on('thawConfiguration', fails('NodesNotReady', 'made to stick'));
  await run.signal('abandon', { by: 'ann' });
  const { state, undo } = await run.until('it is stuck', (status) => status.undo.some((one) => one.state === 'stuck'));
  expect(state).toBe('unwinding');
  expect(undo).toMatchObject([{ name: 'thaw', error: 'made to stick' }]);
  return run;
}

/** Nothing brought traffic to X, X back, or Y down. */
const forwardOnly = ({ calls }: World): string[] =>
  calls.map(({ key }) => key).filter((key) => ['startNodes:x', 'setWeight:0', 'stopNodes:y'].includes(key));

describe.concurrent('after the seal a failure holds, and nothing is undone', () => {
  it.each(rows)('$title: `abort` is refused, `retry` goes forward', async ({ failure }) => {
    const run = await held(failure);
    const status = await run.status();
    expect(status.failure).toMatchObject({ phase: failure.phase, message: expect.stringMatching(/made to fail$/) });
    expect(status.hold).toMatchObject({ canRetryFrom: [failure.phase] });
    expect(status.hold).not.toHaveProperty('expiresAt');
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: false, text: /nothing left to undo/ });
    run.world.mend(failure.fails);
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(forwardOnly(run.world)).toEqual([]);
    expect(run.world).toMatchObject({ weight: 100, xUp: false, yUp: true, frozen: false, seal: { closed: true } });
  });

  it.each(rows.slice(1, 2).concat(rows.slice(-3, -2)))('$title: `abandon` ends it as it is', async ({ failure }) => {
    const run = await held(failure);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(forwardOnly(run.world)).toEqual([]);
    // What a later upgrade would find in its way is gone; a freeze that was lifted already is not lifted twice.
    expect(run.world).toMatchObject({ weight: 100, xUp: false, yUp: true, frozen: false, seal: { closed: true } });
    expect(run.world.order().filter((key) => key === 'thawConfiguration')).toHaveLength(1);
    expect(await run.status()).toMatchObject({ freeze: { frozen: false }, undo: [{ name: 'thaw', state: 'done' }] });
  });

  it('`abandon` with a freeze that can not be lifted: stuck, shown, tried again by `retry`, let go by `accept`', async () => {
    const [mended, skipped] = await Promise.all([stuck(), stuck()]);
    mended.world.mend('thawConfiguration');
    await mended.signal('retry', { by: 'ann' });
    expect(await mended.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(mended.world).toMatchObject({ frozen: false, seal: { closed: true } });

    await skipped.signal('accept', { by: 'ann', finding: 'undo:thaw', reason: 'the database is gone' });
    expect(await skipped.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect((await skipped.status()).undo).toMatchObject([
      { name: 'thaw', state: 'skipped', skippedBy: { by: 'ann', reason: 'the database is gone' } },
    ]);
    for (const { world } of [mended, skipped]) expect(forwardOnly(world)).toEqual([]);
  });
});

describe.concurrent('a hold after the seal', () => {
  it('goes on when Y gets worse meanwhile: people are told, nothing is undone', async () => {
    const run = await held(migrateFinish);
    await run.world.began('watchTraffic:hold');
    run.world.breachNow();
    await run.until('the breach is told', ({ failure }) => failure?.kind === 'breach');
    expect((await run.status()).state).toBe('held');
    run.world.mend('migrateFinish');
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(forwardOnly(run.world)).toEqual([]);
  });

  it('goes on when the watch itself fails', async () => {
    const run = await env.start({
      world: (world) => {
        world.on('migrateFinish', fails('NodesNotReady', 'made to fail'));
        world.on('watchTraffic:hold', fails('SecretMissing'));
      },
    });
    await run.approve('finish');
    await run.world.ended('watchTraffic:hold');
    run.world.mend('migrateFinish');
    await run.untilState('held');
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('a breach in the watch holds, and a retry watches again', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('watch', fail) });
    await run.approve('finish');
    expect(await run.untilState('held')).toMatchObject({ failure: { phase: 'watch', kind: 'breach' } });
    run.world.verdicts.set('watch', pass);
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(forwardOnly(run.world)).toEqual([]);
  });
});
