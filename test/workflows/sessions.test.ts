import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PlanInput } from '../../src/domain/plan/index.ts';
import { deferred, fails, fromCall, waitsFor, type World } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const database: PlanInput['database'] = { ...testPlan('any').database, admin: { user: 'postgres' } };
const ROLE = 'kong_3_7_1_kong';
const ALIKE = { by: 'nothing', why: 'X and Y log on by the same role' } as const;

/** The part of the acts that is about roles. */
const ABOUT_ROLES = [
  'prepareRoleOfY',
  'dropRoleOfY',
  'lockOutX',
  'letXIn',
  'startNodes:x',
  'stopNodes:x',
  'stopNodes:y',
  'writeSeal',
];
const aboutRoles = (world: World, from = 0): string[] => acts(world, from).filter((key) => ABOUT_ROLES.includes(key));

/** By which role each call of these activities had Y's nodes log on. */
const loginsOfY = ({ calls }: World, ...names: string[]): unknown[] =>
  calls
    .filter(({ name, input }) => names.includes(name) && (input as { side: string }).side === 'y')
    .map(
      ({ input }) =>
        (input as { cluster: { runs: { env: Record<string, unknown> } } }).cluster.runs.env['KONG_PG_USER'],
    );

const untilFinding = (run: Run, rule: string) =>
  run.until(`${rule} is open`, ({ findings }) => findings.some((one) => one.rule === rule && one.level === 'refuse'));

describe.concurrent("Y's own role", () => {
  it('is made before Y is prepared, is what Y logs on by, and stays when the upgrade completes', async () => {
    const run = await env.start({ plan: { database, migrations: { restartY: true } } });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    const keys = acts(run.world);
    expect(keys.indexOf('prepareRoleOfY')).toBe(keys.indexOf('prepareNodes:y') - 1);
    expect(run.world.roleOfY).toBe(ROLE);
    const nodes = loginsOfY(run.world, 'prepareNodes', 'startNodes', 'reloadNode', 'restartNode');
    expect(nodes).toEqual([ROLE, ROLE, ROLE, ROLE]);
    expect((await run.timeline()).map(({ text }) => text)).toContainEqual(
      expect.stringContaining(`${ROLE}, which stays`),
    );
  });

  it('is dropped after Y was stopped when the upgrade is undone, by a rollback too', async () => {
    const failing = { database };
    const world = (one: World) => one.on('compareAnswers', fails('AnswersDiffer'));
    const [abandoned, terminated] = await Promise.all([
      env.start({ plan: failing, world }),
      env.start({ plan: failing, world }),
    ]);
    await Promise.all([abandoned.untilState('held'), terminated.untilState('held')]);
    await abandoned.signal('abandon', { by: 'ann' });
    expect(await abandoned.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(aboutRoles(abandoned.world)).toEqual(['prepareRoleOfY', 'stopNodes:y', 'dropRoleOfY']);

    await terminated.handle.terminate();
    const cluster = terminated.handle.workflowId.slice('kong/'.length);
    const rollback = await env.startWith(cluster, testPlan(cluster, failing), 'rollbackUpgrade');
    expect(await rollback.result()).toMatchObject({ outcome: 'rolled-back' });
    for (const { world: end } of [abandoned, rollback]) expect(end).toMatchObject({ roleOfY: undefined, yUp: false });
    expect(aboutRoles(rollback.world).slice(-3)).toEqual(['startNodes:x', 'stopNodes:y', 'dropRoleOfY']);
  });

  it('that can not be dropped does not keep the freeze from being lifted; it is tried again in sight', async () => {
    const run = await env.start({
      plan: { database },
      world: (world) => {
        world.on('compareAnswers', fails('AnswersDiffer'));
        world.on('dropRoleOfY', fails('RoleOfYInUse', 'pid 1 (psql)'));
      },
    });
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    const { undo } = await run.until('it is stuck', (status) =>
      status.undo.some(({ name, state }) => name === 'dropRoleOfY' && state === 'stuck'),
    );
    expect(undo.find(({ name }) => name === 'thaw')).toMatchObject({ state: 'done' });
    expect(run.world).toMatchObject({ frozen: false, yUp: false, roleOfY: ROLE });
    run.world.mend('dropRoleOfY');
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world.roleOfY).toBeUndefined();
  });

  it('that is left without a log-on is told', async () => {
    const run = await env.start({
      plan: { database },
      world: (world) => {
        world.on('compareAnswers', fails('AnswersDiffer'));
        world.on('dropRoleOfY', () => Promise.resolve('The role is left'));
      },
    });
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect((await run.timeline()).map(({ text }) => text)).toContain('The role is left');
  });

  it('that can not log on: held before anything is migrated, and dropped again', async () => {
    const run = await env.start({
      plan: { database },
      world: (world) => world.on('prepareRoleOfY', fails('RoleOfYRefused', 'pg_hba.conf')),
    });
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({
      phase: 'deploy',
      code: 'RoleOfYRefused',
      todo: expect.stringContaining('ownRoleForY'),
    });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(aboutRoles(run.world)).toEqual(['prepareRoleOfY', 'dropRoleOfY']);
    expect(acts(run.world)).not.toContain('migrateUp');
  });
});

describe.concurrent('sessions that nothing tells apart', () => {
  it('need a named acceptance beside the approval, and X stays until then', async () => {
    const run = await env.start({ world: (world) => void (world.told = ALIKE) });
    const waiting = await run.untilGate('finish');
    expect(waiting.now).toContain('accept x-sessions-untold');
    await run.approve('finish');
    await run.until('the approval counts', ({ gates }) => gates.some(({ state }) => state === 'approved'));
    expect(await run.ask('accept', { by: 'ann', finding: 'no-such', reason: 'x' })).toMatchObject({ accepted: false });
    expect(run.world.xUp).toBe(true);
    expect(acts(run.world)).not.toContain('readFinishFacts');
    const accepted = await run.ask('accept', {
      by: 'bob',
      finding: 'x-sessions-untold',
      reason: 'both nodes are ours',
    });
    expect(accepted).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect((await run.status()).accepted).toMatchObject([{ finding: 'x-sessions-untold', by: 'bob' }]);
  });

  it('approved and never accepted: the gate expires, and X goes on', async () => {
    const gates = { start: false, finish: { expires: '10s' } } as const;
    const run = await env.start({ plan: { gates }, world: (world) => void (world.told = ALIKE) });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({
      kind: 'expired',
      message: expect.stringContaining('accepted x-sessions-untold'),
    });
    expect(run.world).toMatchObject({ xUp: true, weight: 100 });
  });
});

describe.concurrent('a node that the plan does not know', () => {
  it('is shown with the gate, and must be accepted; others that come later are not', async () => {
    const run = await env.start({ world: (world) => void (world.strangers = ['kong@10.9.9.9']) });
    await untilFinding(run, 'unknown-nodes');
    await run.approve('finish');
    // Another one comes: what was accepted is not it.
    run.world.strangers = ['kong@10.9.9.9', 'kong@10.9.9.8'];
    await run.ask('accept', { by: 'ann', finding: 'unknown-nodes', reason: 'a test client' });
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({
      kind: 'finding',
      code: 'GuardrailBroken',
      message: expect.stringContaining('10.9.9.8'),
    });
    // Nothing is wrong with Y, and X was not stopped: the traffic stays.
    expect(run.world).toMatchObject({ xUp: true, weight: 100 });
    expect(undoneKeys(run.world)).toEqual([]);

    run.world.strangers = ['kong@10.9.9.9'];
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
  });

  it('that comes once X was stopped: X is started again', async () => {
    const late = fromCall(2, async (_, usual) => ({ ...((await usual()) as object), strangers: ['kong@10.9.9.9'] }));
    const run = await env.start({ world: (world) => world.on('readFinishFacts', late) });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held.failure).toMatchObject({ kind: 'failed', message: expect.stringContaining('unknown-nodes') });
    expect(undoneKeys(run.world)).toEqual(['startNodes:x', 'setWeight:0']);
    run.world.mend('readFinishFacts');
    await run.signal('retry', { by: 'ann', phase: 'shift' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
  });
});

describe.concurrent('sessions of X that are left', () => {
  it('once X was stopped: refused by name, and X is started again', async () => {
    const left = fromCall(2, async (_, usual) => ({
      ...((await usual()) as object),
      xSessions: ['1 of kong@10.0.0.1'],
    }));
    const run = await env.start({ world: (world) => world.on('readFinishFacts', left) });
    await run.approve('finish');
    const held = await run.untilState('held');
    expect(held.failure?.message).toMatch(/x-disconnected: .*1 of kong@10\.0\.0\.1/);
    expect(run.world).toMatchObject({ xUp: true, weight: 0 });
    expect(run.world.seal).toBeUndefined();
  });
});

describe.concurrent("X's role locked out", () => {
  const plan: Partial<PlanInput> = { database, sessions: { lockOutX: true } };

  it('just before the seal, until the upgrade has completed', async () => {
    const { promise, resolve } = deferred();
    const run = await env.start({ plan, world: (world) => world.on('migrateFinish', waitsFor(promise)) });
    await run.approve('finish');
    await run.world.began('migrateFinish');
    expect(run.world.lockedOut).toEqual(['kong']);
    resolve();
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect(aboutRoles(run.world)).toEqual(['prepareRoleOfY', 'stopNodes:x', 'lockOutX', 'writeSeal', 'letXIn']);
    expect(acts(run.world).slice(-2)).toEqual(['letXIn', 'closeSeal']);
    expect(run.world.lockedOut).toEqual([]);
  });

  it('until the upgrade was ended as it is', async () => {
    const run = await env.start({ plan, world: (world) => world.on('migrateFinish', fails('NodesNotReady')) });
    await run.approve('finish');
    await run.untilState('held');
    expect(run.world.lockedOut).toEqual(['kong']);
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect(run.world).toMatchObject({ lockedOut: [], frozen: false, seal: { closed: true } });
  });

  it('is undone before X is started again', async () => {
    const run = await env.start({ plan, world: (world) => world.on('lockOutX', fromCall(1, half)) });
    await run.approve('finish');
    await run.untilState('held');
    expect(aboutRoles(run.world)).toEqual(['prepareRoleOfY', 'stopNodes:x', 'lockOutX', 'letXIn', 'startNodes:x']);
    expect(run.world).toMatchObject({ lockedOut: [], xUp: true, weight: 0 });
  });

  it('and a rollback lets it in first', async () => {
    // Nothing pending: X is locked out, and there is no seal yet.
    const run = await env.start({
      plan,
      world: (world) => {
        world.pendingAfterUp = false;
        world.on('checkDrift', fromCall(6, fails('BaselineMissing')));
        world.on('letXIn', fails('DatabaseNotPermitted'));
      },
    });
    await run.approve('finish');
    await run.until('it is stuck', ({ undo }) =>
      undo.some(({ name, state }) => name === 'letXIn' && state === 'stuck'),
    );
    const skip = { by: 'ann', finding: 'undo:letXIn', reason: 'x' };
    expect(await run.ask('accept', skip)).toMatchObject({ accepted: false, text: expect.stringContaining('log on') });
    await run.handle.terminate();
    run.world.mend('letXIn');
    const from = run.world.calls.length;
    const cluster = run.handle.workflowId.slice('kong/'.length);
    const rollback = await env.startWith(cluster, testPlan(cluster, plan), 'rollbackUpgrade');
    expect(await rollback.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(aboutRoles(run.world, from)).toEqual(['letXIn', 'startNodes:x', 'stopNodes:y', 'dropRoleOfY']);
    expect(run.world).toMatchObject({ lockedOut: [], xUp: true, weight: 0 });
  });
});

/** It happened, and the answer was lost. */
async function half(_: unknown, usual: () => Promise<unknown>): Promise<unknown> {
  await usual();
  return fails('DatabaseNotPermitted')(_, usual);
}
