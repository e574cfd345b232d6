import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { endsLate, fails, fromCall, type World } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, expectNoOverlap } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

/** What was done to single nodes. */
const single = (world: World, from = 0): string[] =>
  acts(world, from).filter((key) => /^(setNodeOut|reloadNode|restartNode):/.test(key));
const RESTART_X = ['setNodeOut:x2:out', 'restartNode:x2', 'setNodeOut:x2:in'];
const WAY_BACK = ['startNodes:x', 'runTests:x', 'setNodeOut:x2:in', 'stopNodes:y', 'thawConfiguration'];
const around = (node: string, act: string): string[] => [
  `setNodeOut:${node}:out`,
  `${act}:${node}`,
  `setNodeOut:${node}:in`,
];

async function heldIn(phase: string, world: (world: World) => void, plan: Partial<PlanInput> = {}): Promise<Run> {
  const run = await env.start({ plan, world });
  if (phase === 'finish') await run.approve('finish');
  expect((await run.untilState('held')).failure).toMatchObject({ phase });
  return run;
}

describe.concurrent('a node of X is restarted after `up`', () => {
  it('not where X has one node, nor where the plan says so', async () => {
    const { x } = testPlan('any');
    const one = { ...x, nodes: x.nodes.slice(0, 1) };
    const [alone, off] = await Promise.all([
      env.start({ plan: { x: one } }),
      env.start({ plan: { migrations: { restartX: false } } }),
    ]);
    for (const run of [alone, off]) {
      await run.untilGate('finish');
      expect(single(run.world)).toEqual([]);
      await run.approve('finish');
      expect(await run.result()).toMatchObject({ outcome: 'completed' });
    }
  });

  it('not while another node of X is not ready: the rest could not carry everything', async () => {
    const run = await heldIn('migrate', (world) => void (world.nodesNotReady.x = { x1: 'no database' }));
    expect((await run.status()).failure).toMatchObject({
      code: 'NodesNotReady',
      message: expect.stringContaining('x1: no database'),
    });
    expect(single(run.world)).toEqual([]);
  });

  it('the node to be restarted may be down already', async () => {
    const run = await env.start({ world: (world) => void (world.nodesNotReady.x = { x2: 'does not answer' }) });
    await run.world.ended('restartNode:x2');
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });

  it('does not come back: held with its log, out of the balancer; the way back starts it and puts it back', async () => {
    const died = fails('NodeStartFailed', 'x2 (Kong 3.6.1) was started and died. Its error log ends: "no such column"');
    const run = await heldIn('migrate', (world) => world.on('restartNode:x2', died));
    const { failure, undo } = await run.status();
    expect(failure?.message).toMatch(/^x2 of X did not come back .* stays out of the balancer: .*no such column/);
    expect(undo.map(({ name }) => name)).toContain('putBackX');
    expect(run.world).toMatchObject({ out: new Set(['x2']), yUp: false });

    const from = run.world.calls.length;
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world, from)).toEqual(WAY_BACK);
    expect(run.world.out).toEqual(new Set());
    expectNoOverlap(run.world);
  });

  it('comes back and fails its tests: it stays out until it passes them, or somebody lets it go', async () => {
    const run = await heldIn('migrate', (world) =>
      world.on('runTests:x', fromCall(3, fails('TestsFailed', '500 for /shop'))),
    );
    await run.signal('abandon', { by: 'ann' });
    await run.until('it is stuck', ({ undo }) =>
      undo.some(({ name, state }) => name === 'putBackX' && state === 'stuck'),
    );
    expect(run.world.out).toEqual(new Set(['x2']));
    await run.signal('accept', { by: 'ann', finding: 'undo:putBackX', reason: 'it is rebuilt by hand' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back-with-faults' });
    expect(run.world).toMatchObject({ out: new Set(['x2']), frozen: false });
  });

  it('an abort in the middle of it: the node is started, tested and put back before anything else', async () => {
    const run = await env.start({ world: (world) => world.on('restartNode:x2', endsLate(200)) });
    await run.world.began('restartNode:x2');
    await run.signal('abort', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world).slice(-5)).toEqual(WAY_BACK);
    expect(run.world.out).toEqual(new Set());
    expectNoOverlap(run.world);
  });

  it('terminated in the middle of it: a rollback finds the node out, and puts it back', async () => {
    const run = await env.start({ world: (world) => world.on('restartNode:x2', endsLate(200)) });
    await run.world.began('restartNode:x2');
    await run.handle.terminate();
    const cluster = run.handle.workflowId.slice('kong/'.length);
    const from = run.world.calls.length;
    const rollback = await env.startWith(cluster, testPlan(cluster), 'rollbackUpgrade');
    expect(await rollback.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world, from).slice(-5)).toEqual(WAY_BACK);
    expect(run.world.out).toEqual(new Set());
  });

  it('is repaired and tried again: nothing has to be undone any more', async () => {
    const run = await heldIn('migrate', (world) => world.on('restartNode:x2', fails('NodeStartFailed')));
    run.world.mend('restartNode:x2');
    await run.signal('retry', { by: 'ann' });
    await run.untilGate('finish');
    expect(single(run.world).slice(-3)).toEqual(RESTART_X);
    expect((await run.status()).undo.map(({ name }) => name)).not.toContain('putBackX');
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });
});

describe.concurrent("X's own migrations", () => {
  const dirty = { state: 'new', executed: [], pending: [], new: ['core/022'] };
  it.each([
    ['after `up`', 1, 'migrate'],
    ['before `finish`', 2, 'finish'],
  ])('must be in order %s', async (when, call, phase) => {
    const run = await env.start({
      world: (world) =>
        world.on(
          'readMigrations:x',
          fromCall(call, () => Promise.resolve(dirty)),
        ),
    });
    const { failure } = await run.untilState('held');
    expect(failure).toMatchObject({
      phase,
      code: 'XNotClean',
      message: expect.stringContaining(`says new ${when}: core/022`),
    });
    expect(run.world).toMatchObject({ xUp: true, weight: 0 });
  });
});

describe.concurrent('nodes of Y take in what `finish` wrote', () => {
  it('the first one restarted, the others reloaded, if the plan wants it', async () => {
    const run = await env.start({ plan: { migrations: { restartY: true } } });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(single(run.world).slice(3)).toEqual([...around('y1', 'restartNode'), ...around('y2', 'reloadNode')]);
  });

  it('a single node is never restarted: nobody would serve', async () => {
    const { y } = testPlan('any');
    const one = { ...y, nodes: y.nodes.slice(0, 1) };
    const run = await env.start({ plan: { y: one, migrations: { restartY: true } } });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(single(run.world).slice(3)).toEqual(around('y1', 'reloadNode'));
  });

  it('the first one fails its tests: it stays out, the other is not touched and serves from memory', async () => {
    const run = await heldIn('finish', (world) =>
      world.on('runTests:y', fromCall(2, fails('TestsFailed', '500 for /shop'))),
    );
    const { failure, hold } = await run.status();
    expect(failure?.code).toBe('TestsFailed');
    expect(failure?.message).toMatch(
      /^y1 does not work .* y2 still serves from memory.*`retry` begins with y1: 500 for \/shop$/,
    );
    expect(hold?.canRetryFrom).toEqual(['finish']);
    expect(run.world.out).toEqual(new Set(['y1']));
    expect(single(run.world).slice(3)).toEqual(['setNodeOut:y1:out', 'reloadNode:y1']);
  });

  it('the second one fails: a retry begins with it, neither `finish` nor the first one again', async () => {
    const run = await heldIn('finish', (world) => world.on('reloadNode:y2', fails('ForeignNode', 'it is another one')));
    expect((await run.status()).failure?.message).toMatch(
      /^y2 does not work .*the others have taken .*`retry` begins with y2/,
    );
    expect(run.world.out).toEqual(new Set(['y2']));
    const from = run.world.calls.length;
    run.world.mend('reloadNode:y2');
    await run.signal('retry', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(acts(run.world, from).slice(0, 5)).toEqual([
      ...['setNodeOut:y2:out', 'reloadNode:y2', 'runTests:y', 'setNodeOut:y2:in'],
      'thawConfiguration',
    ]);
    expect(run.world.out).toEqual(new Set());
  });
});
