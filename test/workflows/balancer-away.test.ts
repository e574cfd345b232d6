import { waitFor } from '../../sandbox/wait-for.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { fails, fromCall } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { EDGE, LB1, LB2, several, steps } from './entry-points.ts';
import { acts, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create({ hosts: ['h1', 'lb1', 'lb2'] })));
afterAll(() => env.close());

describe.concurrent('a balancer that is away', () => {
  // No worker takes from the queue of this host.
  const traffic: PlanInput['traffic'] = { ...EDGE, host: ['lb1', 'gone'], steps };

  it('in a retreat: the others go back at once, people are called, and it is tried again in sight', async () => {
    const run = await env.start({
      plan: { traffic: several('together') },
      world: (world) => {
        world.on('measureShare', fails('MetricsUnreadable'));
        world.on(`setWeight:0${LB2}`, fails('BalancerUnreachable'));
      },
    });
    const stuck = await run.until('the undo is stuck', ({ undo }) => undo.some(({ state }) => state === 'stuck'));
    expect(stuck.traffic.balancers).toEqual([
      { name: 'edge on lb1', weight: 0 },
      { name: 'edge on lb2', weight: 25 },
      { name: 'zone', weight: 0 },
    ]);
    expect(stuck.undo.find(({ name }) => name === 'returnTraffic')?.error).toContain('edge on lb2: ');
    await run.world.peopleHear('"page"', 'edge on lb2');
    run.world.mend(`setWeight:0${LB2}`);
    await run.signal('retry', { by: 'ann' });
    await run.until('held on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
  });

  it('in a rollback: it is told, and everything goes back as far as it can', async () => {
    const run = await env.start({
      plan: { traffic: several('together') },
      workflow: 'rollbackUpgrade',
      world: (world) => {
        world.frozen = true;
        for (const name of ['edge on lb1', 'edge on lb2', 'zone']) world.weights.set(name, 25);
        world.on('readTraffic', fromCall(3, fails('ForeignChange')));
      },
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    const set = run.world.calls.filter(({ name }) => name === 'setWeight').map(({ key }) => key);
    expect(set.sort()).toEqual([`setWeight:0${LB1}`, `setWeight:0${LB2}`, 'setWeight:0@zone']);
    expect((await run.timeline()).some(({ text }) => text.includes("can't be read from"))).toBe(true);
  });

  it('and has no worker: a rollback does not wait for it, takes back the others, and calls people', async () => {
    const run = await env.start({
      plan: { traffic },
      workflow: 'rollbackUpgrade',
      world: (world) => void (world.frozen = true),
    });
    // From the look and from the retreat, each given up after less than a minute.
    const stuck = await run.until('the undo is stuck', ({ undo }) => undo.some(({ state }) => state === 'stuck'));
    expect(stuck.traffic.weight).toBe(100);
    expect(stuck.undo.find(({ state }) => state === 'stuck')?.error).toMatch(/^edge on gone: no worker took setWeight/);
    expect(run.world.calls.filter(({ name }) => name === 'setWeight').map(({ key }) => key)).toEqual([
      `setWeight:0${LB1}`,
    ]);
    await run.handle.terminate('the test is over');
  }, 180_000);
});

const LET_GO = { by: 'ann', finding: 'balancer:edge on lb2', reason: 'its machine burnt down' };

describe.concurrent('a balancer that is gone for good', () => {
  const start = () =>
    env.start({
      plan: { traffic: several('together'), onFailure: { then: 'unwind' } },
      world: (world) => {
        world.on('measureShare', fails('MetricsUnreadable'));
        world.on(`setWeight:0${LB2}`, fails('BalancerUnreachable'));
      },
    });

  it('is let go by a person who knows it: the rest is undone without it, and it is told what it may still do', async () => {
    const run = await start();
    const early = await run.ask('accept', LET_GO);
    expect(early).toMatchObject({ accepted: false });
    const stuck = await run.until('the undo is stuck', ({ undo }) => undo.some(({ state }) => state === 'stuck'));
    const shown = stuck.undo.find(({ name }) => name === 'returnTraffic');
    expect(shown).toMatchObject({ state: 'stuck', mayLetGo: ['balancer:edge on lb2'] });
    const refused = await run.ask('accept', { ...LET_GO, finding: 'undo:returnTraffic' });
    expect(refused.text).toContain('a balancer that is gone can be: balancer:edge on lb2');
    expect(await run.ask('accept', { ...LET_GO, finding: 'balancer:edge on lb1' })).toMatchObject({ accepted: false });
    await run.signal('accept', LET_GO);
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
    const { traffic, undo, accepted } = await run.status();
    expect(traffic).toMatchObject({ weight: 0, balancers: [{ weight: 0 }, { weight: 25 }, { weight: 0 }] });
    expect(accepted).toMatchObject([LET_GO]);
    expect(undo.map(({ state }) => state)).toEqual(undo.map(() => 'done'));
    expect((await run.timeline()).some(({ text }) => text.startsWith('edge on lb2 was let go, and may still'))).toBe(
      true,
    );
    // It was asked all the same, and everything else of it is left alone.
    const keys = acts(run.world);
    expect(keys.filter((key) => key === `setWeight:0${LB1}`).length).toBeGreaterThan(1);
    expect(keys.indexOf('stopNodes:y')).toBeGreaterThan(keys.lastIndexOf(`setWeight:0${LB2}`));
  });

  it('and comes back all the same is moved like the others, and has to be let go anew', async () => {
    const run = await start();
    await run.until('the undo is stuck', ({ undo }) => undo.some(({ state }) => state === 'stuck'));
    run.world.mend(`setWeight:0${LB2}`);
    await run.signal('accept', LET_GO);
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
    const { traffic } = await run.status();
    expect(traffic.balancers).toMatchObject([{ weight: 0 }, { weight: 0 }, { weight: 0 }]);
    expect((await run.timeline()).some(({ text }) => text.includes('was let go, and may still'))).toBe(false);
  });
});

describe.concurrent('while people are asked for `finish`', () => {
  it('a weight that somebody else sets holds it, with the traffic where it is; the metrics are watched on', async () => {
    const run = await env.start();
    await run.untilGate('finish');
    await run.world.began('watchWeight', 3);
    run.world.weights.set('nginx', 0);
    run.world.changed();
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { code: 'ForeignChange', phase: 'finish' }, traffic: { weight: 100 } });
    await run.world.began('watchTraffic:hold');
    run.world.breachNow();
    const back = await run.until('held on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
    expect(back.failure).toMatchObject({ kind: 'breach' });
  });

  it('a balancer that falls silent is told, and told again once it answers', async () => {
    const run = await env.start({ plan: { traffic: several('together') } });
    await run.untilGate('finish');
    run.world.silent.add('edge on lb2');
    run.world.changed();
    const line = async (text: string) => (await run.timeline()).some((entry) => entry.text.startsWith(text));
    await waitFor('it is told', () => line('edge on lb2 does not answer, so that the traffic could not be taken back'));
    run.world.silent.clear();
    run.world.changed();
    await waitFor('it is told again', () => line('edge on lb2 answers again'));
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('and one that can not be read by the guardrails holds, with X running and the traffic where it is', async () => {
    const run = await env.start();
    await run.untilGate('finish');
    run.world.on('readTraffic', fails('BalancerRefused'));
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held).toMatchObject({
      failure: { kind: 'balancer', code: 'BalancerRefused' },
      traffic: { weight: 100 },
    });
    expect(acts(run.world)).not.toContain('stopNodes:x');
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.mend('readTraffic');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  }, 180_000);
});

it('what turns again after a retreat is told in the hold, and taken back before Y is stopped', async () => {
  const run = await env.start({ world: (world) => world.on('measureShare', fails('MetricsUnreadable')) });
  await run.until('held on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
  run.world.weights.set('nginx', 100);
  run.world.changed();
  await run.until('it is told', ({ failure }) => failure?.code === 'ForeignChange');
  const before = acts(run.world).length;
  await run.signal('abandon', { by: 'ann' });
  expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  const keys = acts(run.world).slice(before);
  expect(keys.indexOf('setWeight:0')).toBeGreaterThan(-1);
  expect(keys.indexOf('setWeight:0')).toBeLessThan(keys.indexOf('stopNodes:y'));
  expect(run.world.weight).toBe(0);
});
