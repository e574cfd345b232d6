import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deferred, fails, fromCall, waitsFor } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, undoneKeys } from './order.ts';
import { LB1, LB2, several, steps, ZONE } from './entry-points.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create({ hosts: ['h1', 'lb1', 'lb2'] })));
afterAll(() => env.close());

const moves = (keys: readonly string[]) =>
  keys.filter((key) => /^(setWeight|readTraffic|verifyWeight|setTesters)/.test(key));

describe.concurrent('several entry points', () => {
  it('are moved together, each on its own host; only what has to be taken over is verified', async () => {
    const run = await env.start({ plan: { traffic: several('together') } });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    const { calls } = run.world;
    const queues = calls.filter(({ name }) => name === 'setWeight').map(({ key, queue }) => [key, queue]);
    expect(queues.slice(0, 3).sort()).toEqual([
      [`setWeight:25${LB1}`, 'crossfade@lb1'],
      [`setWeight:25${LB2}`, 'crossfade@lb2'],
      ['setWeight:25@zone', 'crossfade'],
    ]);
    expect(moves(acts(run.world)).filter((key) => key.startsWith('verify'))).toEqual([
      'verifyWeight:25@zone',
      'verifyWeight:100@zone',
    ]);
    expect((await run.status()).traffic).toMatchObject({
      weight: 100,
      balancers: [
        { name: 'edge on lb1', weight: 100 },
        { name: 'edge on lb2', weight: 100 },
        { name: 'zone', weight: 100 },
      ],
    });
  });

  it('or one after the other, in the order of the plan; one that says no puts the others back', async () => {
    const run = await env.start({
      plan: { traffic: several('one-after-the-other') },
      world: (world) => world.on('setWeight:100@zone', fails('ForeignChange')),
    });
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({ code: 'ForeignChange', phase: 'shift' });
    expect(held.traffic).toMatchObject({
      weight: 25,
      balancers: [{ weight: 25 }, { weight: 25 }, { weight: 25 }],
    });
    const set = run.world.calls.filter(({ name }) => name === 'setWeight');
    const first = set.slice(0, 3);
    expect(first[2]?.key).toBe('setWeight:25@zone');
    for (const edge of first.slice(0, 2)) expect(edge.ended).toBeLessThan(first[2]?.began ?? 0);
    expect(set.slice(-2).map(({ key }) => key)).toEqual([`setWeight:25${LB1}`, `setWeight:25${LB2}`]);
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.mend('setWeight:100@zone');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('nothing is moved anywhere while one of them does something else than was set', async () => {
    const run = await env.start({
      plan: { traffic: several('together') },
      world: (world) => void world.weights.set('edge on lb2', 7),
    });
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({ code: 'ForeignChange' });
    expect(held.failure?.message).toContain('edge on lb2 gives Y 7 %, and 0 % was set');
    expect(run.world.calls.filter(({ name }) => name === 'setWeight')).toEqual([]);
  });

  it('a retreat asks all of them, whatever one of them says, until X has everything', async () => {
    const run = await env.start({
      plan: { traffic: several('together') },
      world: (world) => {
        world.on('measureShare', fails('MetricsUnreadable'));
        let failures = 0;
        world.on(`setWeight:0${LB1}`, (_, usual) =>
          (failures += 1) > 2 ? usual() : Promise.reject(new Error('lb1 is away')),
        );
      },
    });
    const held = await run.until('held on X', ({ state, traffic }) => state === 'held' && traffic.weight === 0);
    expect(held.traffic.balancers).toEqual([
      { name: 'edge on lb1', weight: 0 },
      { name: 'edge on lb2', weight: 0 },
      { name: 'zone', weight: 0 },
    ]);
    const toX = run.world.calls.filter(({ key }) => key.startsWith('setWeight:0'));
    // All three were asked before the first attempt of lb1 was over for good.
    expect(new Set(toX.slice(0, 3).map(({ key }) => key)).size).toBe(3);
    expect(held.undo).toMatchObject([{}, {}, { name: 'returnTraffic', state: 'done' }]);
  });
});

describe.concurrent('clients that lag', () => {
  it('have time to hear that X has everything, before Y is stopped; what is uncertain is told', async () => {
    const run = await env.start({
      plan: { traffic: { ...ZONE, steps } },
      world: (world) =>
        world.on('verifyWeight:0@zone', () => Promise.resolve({ agrees: false, what: '1 of 2 resolvers is silent' })),
    });
    await run.untilGate('finish');
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    const keys = acts(run.world);
    expect(keys.indexOf('verifyWeight:0@zone')).toBeGreaterThan(keys.indexOf('setWeight:0@zone'));
    expect(keys.indexOf('verifyWeight:0@zone')).toBeLessThan(keys.indexOf('stopNodes:y'));
    const told = (await run.timeline()).map(({ text }) => text);
    expect(told).toContain('Y is stopped although clients may still go to it by zone: 1 of 2 resolvers is silent');
  });
});

describe.concurrent('a step', () => {
  it('that does not arrive is undone, and the upgrade holds with the weight before it', async () => {
    const run = await env.start({
      world: (world) =>
        world.on('measureShare:100', () =>
          Promise.resolve({ share: 60, low: 58, high: 62, requests: 2000, agrees: false }),
        ),
    });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { code: 'ShareNotArriving', kind: 'share' }, traffic: { weight: 25 } });
    expect(held.traffic.weights.map(({ weight }) => weight)).toEqual([25, 100, 25]);
    await run.world.began('watchTraffic:hold');
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.mend('measureShare:100');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });

  it('the first one goes back to nothing on Y', async () => {
    const run = await env.start({ world: (world) => void (world.shareArrives = false) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { code: 'ShareNotArriving' }, traffic: { weight: 0 } });
    expect(run.world.weight).toBe(0);
  });

  it('that resolvers do not go by is undone too', async () => {
    const run = await env.start({
      plan: { traffic: { ...ZONE, steps } },
      world: (world) =>
        world.on('verifyWeight:25@zone', () => Promise.resolve({ agrees: false, what: '1 of 2 resolvers' })),
    });
    const held = await run.untilState('held');
    expect(held.failure?.message).toContain('1 of 2 resolvers');
    expect(held.traffic.weight).toBe(0);
  });

  it('a foreign change in the middle of a bake holds: nothing is overwritten', async () => {
    const bake = [
      { y: 25, bake: '1h' },
      { y: 100, bake: '50ms' },
    ];
    const run = await env.start({
      plan: { traffic: { via: 'nginx', host: 'h1', directory: '/srv/nginx/crossfade', steps: bake } },
    });
    await run.world.began('watchTraffic:shift-25');
    await run.world.began('watchWeight');
    run.world.weights.set('nginx', 60);
    run.world.changed();
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { code: 'ForeignChange', phase: 'shift' }, traffic: { weight: 25 } });
    expect(run.world.calls.filter(({ name }) => name === 'setWeight').map(({ key }) => key)).toEqual(['setWeight:25']);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

describe.concurrent('both sides', () => {
  it('X below its size: people are told at once, and there is no next step', async () => {
    const bake = deferred();
    const run = await env.start({ world: (world) => world.on('watchTraffic:shift-25', waitsFor(bake.promise)) });
    await run.world.began('watchTraffic:shift-25');
    run.world.nodesNotReady.x = { x2: 'was scaled away' };
    run.world.changed();
    await run.world.peopleHear('X is smaller than at the start (x2: was scaled away)');
    bake.resolve();
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({ code: 'NodesNotReady' });
    expect(run.world.calls.filter(({ name }) => name === 'setWeight').map(({ key }) => key)).not.toContain(
      'setWeight:100',
    );
  });

  it('X below its size while people are asked for `finish`: they are told, and again when it is whole', async () => {
    const run = await env.start();
    await run.untilGate('finish');
    run.world.nodesNotReady.x = { x2: 'was scaled away' };
    run.world.changed();
    await run.world.peopleHear('X is smaller than at the start (x2: was scaled away)');
    run.world.nodesNotReady.x = {};
    run.world.changed();
    // The look that begins once X is whole again.
    await run.world.began('awaitNodes', 3);
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.timeline()).some(({ text }) => text === 'X is whole again')).toBe(true);
  });

  it('no node of either is ready: it is the database, and the weights stay', async () => {
    const down = { ready: [], notReady: { n1: 'database unreachable', n2: 'database unreachable' } };
    const run = await env.start({
      world: (world) =>
        world.on(
          'checkSides',
          fromCall(2, () => Promise.resolve({ x: down, y: down })),
        ),
    });
    const held = await run.untilState('held');
    expect(held).toMatchObject({ failure: { kind: 'database', code: 'BothSidesFail' }, traffic: { weight: 25 } });
    expect(undoneKeys(run.world)).toEqual([]);
    run.world.mend('checkSides');
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });
});

describe.concurrent('testers', () => {
  it('reach Y once it is tested, and no more before it is stopped', async () => {
    const run = await env.start({ plan: { traffic: { ...ZONE, steps }, onFailure: { then: 'unwind' } } });
    await run.untilGate('finish');
    expect(run.world.testers).toBe(true);
    const keys = acts(run.world);
    expect(keys.indexOf('setTesters:open')).toBeGreaterThan(keys.indexOf('compareAnswers'));
    expect(keys.indexOf('setTesters:open')).toBeLessThan(keys.indexOf('setWeight:25@zone'));
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    const back = acts(run.world);
    expect(back.indexOf('setTesters:closed')).toBeGreaterThan(back.indexOf('setWeight:0@zone'));
    expect(back.indexOf('setTesters:closed')).toBeLessThan(back.indexOf('stopNodes:y'));
  });

  it('need no way of their own once the upgrade is over; one that stays open is told', async () => {
    const run = await env.start({ plan: { traffic: { ...ZONE, steps } } });
    const stays = await env.start({
      plan: { traffic: { ...ZONE, steps } },
      world: (world) => world.on('setTesters:closed', fails('BalancerRefused')),
    });
    for (const one of [run, stays]) {
      await one.approve('finish');
      expect(await one.result()).toMatchObject({ outcome: 'completed' });
    }
    expect(run.world.testers).toBe(false);
    expect((await stays.timeline()).some(({ text }) => text.startsWith('the way of testers stays open'))).toBe(true);
  });
});

it('no node of X is restarted, and Y is reloaded in place, where a balancer can not take one out', async () => {
  const run = await env.start({ plan: { traffic: { ...ZONE, steps } } });
  await run.approve('finish');
  expect(await run.result()).toMatchObject({ outcome: 'completed' });
  const keys = acts(run.world);
  expect(keys.filter((key) => /^(setNodeOut|restartNode)/.test(key))).toEqual([]);
  expect(keys.filter((key) => key.startsWith('reloadNode'))).toEqual(['reloadNode:y1', 'reloadNode:y2']);
});
