import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { pass } from '../support/fake-activities.ts';
import { endsLate } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

type Gates = NonNullable<PlanInput['gates']>;
const soon = { expires: '300ms' };

/** Two steps, of which the second asks. */
const asks = (gates: Gates): Partial<PlanInput> => ({
  gates: { start: false, ...gates },
  traffic: {
    via: 'nginx',
    host: 'h1',
    directory: '/srv/nginx',
    steps: [
      { y: 25, bake: '20ms' },
      { y: 100, bake: '20ms', approve: true },
    ],
  },
});

const ALL_BACK = ['setWeight:0', 'stopNodes:y', 'thawConfiguration'];

describe.concurrent('a gate that is rejected', () => {
  it('start: refused, nothing was changed', async () => {
    const run = await env.start({ plan: { gates: {} } });
    await run.untilGate('start');
    await run.signal('reject', { by: 'ann', gate: 'start', reason: 'not today' });
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: 'ann rejected gate start: not today' });
    expect(run.world.order()).not.toContain('freezeConfiguration');
  });

  it('shift: all traffic back to X, then held', async () => {
    const run = await env.start({ plan: asks({}) });
    await run.untilGate('shift:100');
    expect(await run.ask('reject', { by: 'ann' })).toEqual({ accepted: true, text: 'rejected gate shift:100' });
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'rejected' }, traffic: { weight: 0 } });
    expect(undoneKeys(run.world)).toEqual(['setWeight:0']);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('finish: all traffic back to X, then held; an approval just after it is refused', async () => {
    const run = await env.start();
    await run.untilGate('finish');
    await run.signal('reject', { by: 'ann' });
    await run.signal('approve', { by: 'bob', gate: 'finish' });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'rejected' }, traffic: { weight: 0 }, messages: { refused: 1 } });
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('decommission: X is kept, stopped; the upgrade is complete', async () => {
    const run = await env.start({ plan: { gates: { start: false, decommission: {} } } });
    await run.approve('finish');
    await run.untilGate('decommission');
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: false, text: /nothing left to undo/ });
    await run.signal('reject', { by: 'ann', reason: 'one more week' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(run.world.order()).not.toContain('removeNodes:x');
    expect(run.world).toMatchObject({ xUp: false, seal: { closed: true } });
  });
});

describe.concurrent('a gate that nobody answers is never an approval', () => {
  it('start: refused', async () => {
    const run = await env.start({ plan: { gates: { start: soon } } });
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: /nobody approved gate start/ });
    expect(run.world.order()).not.toContain('freezeConfiguration');
  });

  it('the first step, before any traffic: everything is undone', async () => {
    const steps = [{ y: 100, bake: '20ms', approve: true }];
    const traffic = { via: 'nginx', host: 'h1', directory: '/srv/nginx', steps } as const;
    const run = await env.start({ plan: { traffic, gates: { start: false, shift: soon } } });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason: /nobody approved gate shift:100/ });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('a later step: all traffic back to X, and held', async () => {
    const run = await env.start({ plan: asks({ shift: soon }) });
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'expired' }, traffic: { weight: 0 } });
    await run.signal('retry', { by: 'ann' });
    await run.until('the traffic moves again', ({ traffic }) => traffic.weight === 25);
    expect(await run.untilState('held')).toMatchObject({ hold: { canRetryFrom: ['migrate', 'stage', 'shift'] } });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expectNoOverlap(run.world);
  });

  it('finish: held with the traffic left on Y, watched; a breach takes it back', async () => {
    const run = await env.start({ plan: { gates: { start: false, finish: soon } } });
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'expired' }, traffic: { weight: 100 } });
    expect(undoneKeys(run.world)).toEqual([]);
    await run.world.began('watchTraffic:hold');
    run.world.breachNow();
    await run.until('all traffic is on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
    expect(await run.status()).toMatchObject({ failure: { kind: 'breach' } });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('finish: `retry` opens it again', async () => {
    // Long enough to approve it in that time.
    const run = await env.start({ plan: { gates: { start: false, finish: { expires: '5s' } } } });
    await run.untilState('held');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.gates()).map(({ state }) => state)).toEqual(['expired', 'approved']);
  });

  it('decommission: X is kept, stopped', async () => {
    const run = await env.start({ plan: { gates: { start: false, decommission: soon } } });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(run.world.order()).not.toContain('removeNodes:x');
  });
});

describe.concurrent('who may approve', () => {
  it('the quorum of the named approvers, each once, and never who started it', async () => {
    const finish = { approvers: ['ann', 'bob', 'starter'], quorum: 2 };
    const run = await env.start({ plan: { gates: { start: false, finish } } });
    await run.untilGate('finish');
    const approve = (by: string) => run.ask('approve', { by, gate: 'finish' });
    expect(await approve('starter')).toEqual({
      accepted: false,
      text: "starter started it and can't approve it",
    });
    expect(await approve('eve')).toMatchObject({ accepted: false, text: /eve is not among the approvers/ });
    expect(await approve('ann')).toMatchObject({ accepted: true });
    expect(await approve('ann')).toEqual({ accepted: false, text: 'ann has approved already' });
    expect((await run.status()).state).toBe('waiting');
    expect(await approve('bob')).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(run.world.seal?.approvedBy).toEqual(['ann', 'bob']);
  });
});

describe.concurrent('while a gate is open', () => {
  it('the watch goes on: a breach takes the traffic back', async () => {
    const run = await env.start({ plan: asks({}) });
    await run.untilGate('shift:100');
    await run.world.began('watchTraffic:gate-shift:100');
    run.world.breachNow();
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'breach', phase: 'shift' } });
    expect(await run.ask('approve', { by: 'ann', gate: 'shift:100' })).toMatchObject({ accepted: false, text: /held/ });
    await run.signal('retry', { by: 'ann' });
    await run.approve('shift:100');
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('X and Y have what the watch at 100 % needs: X of its last window', async () => {
    const run = await env.start();
    await run.approve('finish');
    await run.result();
    const inputs = run.world.calls.filter(({ name }) => name === 'watchTraffic').map(({ input }) => input);
    const watches = inputs as { name: string; weight: number; control?: unknown }[];
    expect(watches.map(({ name }) => name)).toEqual(['shift-25', 'shift-100', 'finish', 'watch']);
    for (const input of watches) expect(input.control).toEqual(input.weight === 100 ? pass.x : undefined);
  });

  it('people who can not be told delay neither the watch nor the expiry', async () => {
    const run = await env.start({
      plan: { gates: { start: false, finish: soon } },
      world: (world) => world.on('notify', endsLate(0)),
    });
    await run.untilState('held');
    await run.world.began('watchTraffic:hold');
    await run.signal('abandon', { by: 'ann' });
    await run.untilState('ended');
    expect(acts(run.world).slice(-3)).toEqual(ALL_BACK);
    await run.handle.terminate('the last message never arrives');
  });
});
