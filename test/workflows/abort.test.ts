import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deferred,
  endsAllTheSame,
  endsLate,
  fails,
  fromCall,
  waitsFor,
  type World,
} from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { BEFORE_GATE, BEFORE_SEAL, REFUSED, type Failure } from './failures-table.ts';
import { acts, expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const needsApproval = ({ phase, fails: key }: Failure): boolean =>
  phase === 'thaw' || (phase === 'finish' && !BEFORE_GATE.includes(key));

const rows = [...REFUSED, ...BEFORE_SEAL]
  .filter(({ fails: key }) => key !== 'openUpgrade')
  .map((failure) => ({ failure, title: `${failure.phase}: ${failure.fails} (call ${failure.nth ?? 1})` }));

/** What an abort in the middle of this activity leaves of the world. */
const asBefore = { weight: 0, xUp: true, yUp: false, frozen: false, seal: undefined };

describe.concurrent('`abort` in the middle of an act that takes a while to end', () => {
  it.each(rows)('$title', async ({ failure: { fails: key, nth = 1, nothingPending = false, ...failure } }) => {
    const run = await env.start({
      world: (world) => {
        world.pendingAfterUp = !nothingPending;
        world.on(key, fromCall(nth, endsLate(300)));
      },
    });
    if (needsApproval({ fails: key, ...failure })) await run.approve('finish');
    await run.world.began(key, nth);
    const before = run.world.calls.length;
    await run.signal('abort', { by: 'ann', reason: 'a test' });
    const { outcome } = await run.result();
    expect(outcome).toBe(failure.phase === 'preflight' ? 'refused' : 'rolled-back');
    expect(undoneKeys(run.world)).toEqual([...failure.retreat, ...failure.unwind]);
    expectNoOverlap(run.world);
    expect(run.world).toMatchObject(asBefore);
    expect(acts(run.world, before)).not.toContain('migrateUp');
    expect(await run.status()).toMatchObject({ abort: { by: 'ann', reason: 'a test' } });
  });
});

describe.concurrent('`abort` and what must not begin or be killed', () => {
  it('while the command of `up` runs: recorded, shown, and acted on when it has ended; what it did is known', async () => {
    const gate = deferred();
    const run = await env.start({ world: (world) => world.on('migrateUp', endsAllTheSame(gate.promise)) });
    await run.world.began('migrateUp');
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    expect((await run.status()).now).toBe('aborting: waits for the end of `kong migrations up`');
    expect(await run.ask('abort', { by: 'bob' })).toMatchObject({ accepted: false, text: /already on the way back/ });
    expect(await run.cancelRequests()).toBe(1);
    expect(undoneKeys(run.world)).toEqual([]);
    gate.resolve();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world.calls.find(({ key }) => key === 'migrateUp')?.result).toBe('done');
    expect(acts(run.world).slice(acts(run.world).indexOf('migrateUp') + 1)).toEqual([
      'stopNodes:y',
      'thawConfiguration',
    ]);
    expectNoOverlap(run.world);
    const { migrations } = await run.status();
    expect(migrations).toMatchObject({ ran: ['core/023'], afterUp: { state: 'pending' } });
  });

  it('while `up` waits for something before its command: it does not run', async () => {
    const run = await env.start({ world: (world) => world.on('migrateUp', endsLate(1)) });
    await run.world.began('migrateUp');
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world).slice(acts(run.world).indexOf('migrateUp'))).toEqual([
      'migrateUp',
      'stopNodes:y',
      'thawConfiguration',
    ]);
    expect(run.world.calls.find(({ key }) => key === 'migrateUp')?.result).toBe('cancelled');
    const { migrations } = await run.status();
    expect(migrations.ran).toEqual([]);
    expect(migrations).not.toHaveProperty('afterUp');
  });

  it('between two attempts of `up`: no other one begins', async () => {
    const ATTEMPTS = 6;
    const run = await env.start({ world: (world) => world.on('migrateUp', fails('MigrationBlocked')) });
    // The pause after it is so long that the abort arrives in it.
    await run.world.ended('migrateUp', ATTEMPTS);
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(acts(run.world).filter((key) => key === 'migrateUp')).toHaveLength(ATTEMPTS);
    expect((await run.status()).migrations.ran).toEqual([]);
  });

  /** Answers as usual although it was cancelled: what comes next must not begin all the same. */
  const endsAsUsual = (world: World, key: string, nth: number): (() => void) => {
    const gate = deferred();
    world.on(key, fromCall(nth, waitsFor(gate.promise)));
    return gate.resolve;
  };

  it('in the check just before `up`: `up` does not begin', async () => {
    let release = (): void => undefined;
    const run = await env.start({ world: (world) => void (release = endsAsUsual(world, 'checkDrift', 1)) });
    await run.world.began('checkDrift');
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    release();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world.order()).not.toContain('migrateUp');
  });

  it('in the guardrails just before the seal: no seal is written', async () => {
    let release = (): void => undefined;
    const run = await env.start({ world: (world) => void (release = endsAsUsual(world, 'readFinishFacts', 2)) });
    await run.approve('finish');
    await run.world.began('readFinishFacts', 2);
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    release();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world).toMatchObject(asBefore);
    expect(run.world.order()).not.toContain('writeSeal');
  });

  it('in the check just before the seal of a thaw: no seal is written', async () => {
    let release = (): void => undefined;
    const run = await env.start({
      world: (world) => {
        world.pendingAfterUp = false;
        release = endsAsUsual(world, 'checkDrift', 6);
      },
    });
    await run.approve('finish');
    await run.world.began('checkDrift', 6);
    expect(await run.ask('abort', { by: 'ann' })).toMatchObject({ accepted: true });
    release();
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world).toMatchObject(asBefore);
    expect(run.world.order()).not.toContain('writeSeal');
  });

  it('wins over an approval that came just before', async () => {
    const run = await env.start();
    await run.untilGate('finish');
    await Promise.all([run.signal('approve', { by: 'ann', gate: 'finish' }), run.signal('abort', { by: 'bob' })]);
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
    expect(run.world).toMatchObject(asBefore);
  });

  it('before the plan was even read', async () => {
    const gate = deferred();
    const run = await env.start({ world: (world) => world.on('openUpgrade', waitsFor(gate.promise)) });
    await run.world.began('openUpgrade');
    await run.signal('abort', { by: 'ann' });
    gate.resolve();
    expect(await run.result()).toMatchObject({ outcome: 'refused' });
    expect(acts(run.world)).toEqual(['openUpgrade']);
  });
});

describe.concurrent('an act that fails while another one runs beside it', () => {
  it.each(['dumpDeclarative', 'storeFiles'])('no undo begins before %s has ended', async (slow) => {
    const run = await env.start({
      plan: { onFailure: { then: 'unwind' } },
      world: (world) => {
        world.on('dumpDatabase', async (input, usual) => {
          await world.began(slow);
          return fails('NodesNotReady', 'made to fail')(input, usual);
        });
        world.on(slow, endsLate(300));
      },
    });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason: 'made to fail' });
    expect(undoneKeys(run.world)).toEqual(['thawConfiguration']);
    expectNoOverlap(run.world);
  });
});
