import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { both, fail, inconclusive, pass } from '../support/fake-activities.ts';
import { deferred, fails, fromCall, waitsFor, type Override, type World } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, expectOrder, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const ALL_BACK = ['setWeight:0', 'stopNodes:y', 'thawConfiguration'];
const driftsOnce = (world: World): Override => {
  let drifted = false;
  return (_, usual) => {
    if (!drifted) world.drift = [change];
    drifted = true;
    return usual();
  };
};
const change = { table: 'consumers', id: 'c-1', name: 'carl', change: 'added' } as const;

describe.concurrent('a breach', () => {
  it('in a bake: retreat and hold; `retry` moves the traffic again from the first step', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-100', fail) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'breach', phase: 'shift' }, traffic: { weight: 0 } });
    expect(held.hold?.canRetryFrom).toEqual(['migrate', 'stage', 'shift']);
    expect(run.world).toMatchObject({ weight: 0, frozen: true, yUp: true });
    for (const phase of ['backup', 'finish'])
      expect(await run.ask('retry', { by: 'ann', phase })).toMatchObject({ accepted: false, text: /can't go on at/ });
    run.world.verdicts.set('shift-100', pass);
    const before = run.world.calls.length;
    expect(await run.ask('retry', { by: 'ann' })).toEqual({ accepted: true, text: 'going on at shift' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expectOrder(acts(run.world, before).slice(0, 3), [['checkDrift', 'checkSides'], 'setWeight:25']);
  });

  it('`retry` at an earlier phase', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', fail) });
    await run.untilState('held');
    run.world.verdicts.clear();
    const before = run.world.calls.length;
    await run.signal('retry', { by: 'ann', phase: 'stage' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run.world, before)[0]).toBe('runTests:y');
    const attempts = Object.fromEntries((await run.status()).phases.map((phase) => [phase.name, phase.attempts]));
    expect(attempts).toMatchObject({ migrate: 1, stage: 2, shift: 2, finish: 1 });
  });

  it('`onFailure: unwind` undoes everything without asking', async () => {
    const run = await env.start({
      plan: { onFailure: { then: 'unwind' } },
      world: (world) => void world.verdicts.set('shift-25', fail),
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason: /Y answers 5 % errors/ });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('a hold that nobody answers expires, and everything is undone', async () => {
    const run = await env.start({
      plan: { onFailure: { expires: '500ms' } },
      world: (world) => void world.verdicts.set('shift-25', fail),
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('during a pause', async () => {
    const release = deferred();
    const run = await env.start({ world: (world) => world.on('measureShare:25', waitsFor(release.promise)) });
    await run.world.began('measureShare:25');
    expect(await run.ask('pause', { by: 'ann' })).toMatchObject({ accepted: true });
    release.resolve();
    await run.untilState('paused');
    await run.world.began('watchTraffic:paused');
    run.world.breachNow();
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'breach' }, traffic: { weight: 0 } });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

describe.concurrent('no verdict', () => {
  it('holds in place, watched, and goes on at the same step after `retry`', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', inconclusive) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'inconclusive' }, traffic: { weight: 25 } });
    await run.world.began('watchTraffic:hold');
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.verdicts.clear();
    const before = run.world.calls.length;
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run.world, before).filter((key) => key.startsWith('setWeight'))).toEqual([
      'setWeight:25',
      'setWeight:100',
    ]);
    expect((await run.status()).traffic.weights.map(({ weight }) => weight)).toEqual([25, 25, 100]);
  });

  it('a breach while held in place takes the traffic back; so does a watch that fails', async () => {
    const breach = await env.start({ world: (world) => void world.verdicts.set('shift-25', inconclusive) });
    const broken = await env.start({
      world: (world) => {
        world.verdicts.set('shift-25', inconclusive);
        world.on('watchTraffic:hold', fails('SecretMissing'));
      },
    });
    await breach.world.began('watchTraffic:hold');
    breach.world.breachNow();
    for (const run of [breach, broken]) {
      await run.until('all traffic is on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
      expect(undoneKeys(run.world)).toEqual(['setWeight:0']);
      await run.signal('abandon', { by: 'ann' });
      expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    }
  });
});

describe.concurrent('both sides fail', () => {
  const throughBoth = (world: World) =>
    world.calls
      .filter(({ key }) => key === 'watchTraffic:hold')
      .map(({ input }) => (input as { throughBoth?: true }).throughBoth);

  it('in a bake: the weights stay, and a person is called; Y alone is still watched, and takes the traffic back', async () => {
    const run = await env.start({
      world: (world) => {
        world.verdicts.set('shift-25', both);
        world.on('stopNodes:y', async (_, usual) => ({ ...((await usual()) as object), cut: 1 }));
      },
    });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'database', code: 'BothSidesFail' }, traffic: { weight: 25 } });
    await run.world.began('watchTraffic:hold');
    expect(throughBoth(run.world)).toEqual([true]);
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.breachNow();
    await run.until('all traffic is on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    const told = (await run.timeline()).map(({ text }) => text);
    expect(told).toContainEqual('Y: 1 request or WebSocket cut, which had not ended after 30 s');
  });

  it('`retry`, when it is mended, goes on at the same step', async () => {
    const run = await env.start({ world: (world) => void world.verdicts.set('shift-25', both) });
    await run.untilState('held');
    run.world.verdicts.clear();
    const before = run.world.calls.length;
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run.world, before).filter((key) => key.startsWith('setWeight'))).toEqual([
      'setWeight:25',
      'setWeight:100',
    ]);
  });

  it('while held for something else: told once, the weights stay, and it is watched on', async () => {
    const run = await env.start({
      world: (world) => {
        world.verdicts.set('shift-25', inconclusive);
        world.on('watchTraffic:hold', (_, usual) => {
          if (throughBoth(world).at(-1) === true) return usual();
          const at = new Date().toISOString();
          return Promise.resolve({ verdict: both, from: at, to: at, weight: 25, samples: 3 });
        });
      },
    });
    await run.until('it is told', ({ failure }) => failure?.kind === 'database');
    await run.until('it is watched on', () => throughBoth(run.world).length === 2);
    expect(throughBoth(run.world)).toEqual([undefined, true]);
    expect(await run.status()).toMatchObject({ state: 'held', traffic: { weight: 25 } });
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.breachNow();
    await run.until('all traffic is on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

describe.concurrent('a balancer that somebody else changed', () => {
  it('holds in place, watched: nothing is overwritten; `retry` goes on', async () => {
    const run = await env.start({ world: (world) => world.on('setWeight:100', fails('ForeignChange')) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { code: 'ForeignChange', phase: 'shift' }, traffic: { weight: 25 } });
    await run.world.began('watchTraffic:hold');
    expect(undoneKeys(run.world)).toEqual([]);
    expect(run.world.weight).toBe(25);
    run.world.mend('setWeight:100');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(undoneKeys(run.world)).toEqual(['thawConfiguration']);
  });
});

describe.concurrent('what a person may let go', () => {
  it('a drift, with a reason: it becomes the new baseline', async () => {
    const run = await env.start({ world: (world) => world.on('checkDrift', driftsOnce(world)) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'drift', phase: 'migrate' }, freeze: { drift: [change] } });
    expect(await run.ask('accept', { by: 'ann', finding: 'else', reason: 'x' })).toMatchObject({ accepted: false });
    expect(await run.ask('accept', { by: 'ann', finding: 'drift' })).toMatchObject({ accepted: false, text: /reason/ });
    const accept = { by: 'ann', finding: 'drift', reason: 'known' };
    expect(await run.ask('accept', accept)).toEqual({ accepted: true, text: 'let go: drift' });
    expect(await run.ask('accept', accept)).toMatchObject({ accepted: false });
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect((await run.status()).accepted).toMatchObject([{ finding: 'drift', by: 'ann', reason: 'known' }]);
  });

  it('a drift between two steps: held in place, never without a yes', async () => {
    const run = await env.start({
      world: (world) =>
        world.on(
          'checkDrift',
          fromCall(4, (_, usual) => ((world.drift = [change]), usual())),
        ),
    });
    expect(await run.untilState('held')).toMatchObject({ failure: { kind: 'drift' }, traffic: { weight: 25 } });
    await run.signal('retry', { by: 'ann' });
    await run.until('held again', ({ phases, state }) => state === 'held' && phases[6]?.attempts === 2);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(undoneKeys(run.world)).toEqual(ALL_BACK);
  });

  it('a drift before `finish`: held with everything on Y and X running', async () => {
    const run = await env.start({ world: (world) => world.on('checkDrift', fromCall(5, driftsOnce(world))) });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'drift', phase: 'finish' }, traffic: { weight: 100 } });
    expect(run.world.xUp).toBe(true);
    await run.signal('accept', { by: 'ann', finding: 'drift', reason: 'known' });
    await run.signal('retry', { by: 'ann' });
    await run.until('asked again', ({ gates }) => gates.filter(({ gate }) => gate === 'finish').length === 2);
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
  });

  it('a finding of the preflight on the frozen state, by the name of its rule', async () => {
    const finding = { rule: 'connections', level: 'refuse', message: 'too few connections' } as const;
    const run = await env.start({ world: (world) => void (world.frozenFindings = [finding]) });
    expect(await run.untilState('held')).toMatchObject({ failure: { phase: 'backup', code: 'PreflightRefused' } });
    await run.signal('accept', { by: 'ann', finding: 'connections', reason: 'raised' });
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
  });

  it('the same finding before the freeze is a refusal', async () => {
    const finding = { rule: 'path', level: 'refuse', message: 'the path is not supported' } as const;
    const run = await env.start({ world: (world) => void (world.findings = [finding]) });
    expect(await run.result()).toMatchObject({ outcome: 'refused', reason: /path: the path is not supported/ });
  });
});

describe.concurrent('held with X stopped and the traffic on Y', () => {
  it('a way back starts X first, also after a retry at the shift', async () => {
    const run = await env.start({
      world: (world) => {
        world.pendingAfterUp = false;
        world.on('checkDrift', fromCall(6, driftsOnce(world)));
      },
    });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'drift', phase: 'thaw' }, traffic: { weight: 100 } });
    expect(run.world.xUp).toBe(false);
    await run.signal('accept', { by: 'ann', finding: 'drift', reason: 'known' });
    await run.signal('retry', { by: 'ann', phase: 'shift' });
    await run.until('X is back', ({ failure, state }) => failure?.code === 'NodesNotReady' && state === 'held');
    expect(undoneKeys(run.world)).toEqual(['startNodes:x', 'setWeight:0']);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
    expect(undoneKeys(run.world)).toEqual(['startNodes:x', ...ALL_BACK]);
  });
});
