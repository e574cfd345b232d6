import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GuardFault } from '../../src/domain/configuration.ts';
import { awaited } from '../../src/domain/status/render-awaits.ts';
import { fromCall, type Override, type World } from '../support/fake-activities-world.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { acts } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const broken: GuardFault = { kind: 'broken', text: 'the guard is missing or disabled on services' };
const lifted: GuardFault = { kind: 'lifted', text: 'somebody has lifted the freeze' };

/** The guard does not stand, until a baseline is taken: that puts it back. */
function withFault(world: World, guardFault: GuardFault): void {
  let mended = false;
  const look: Override = async (_, usual) => ({ ...((await usual()) as object), ...(mended ? {} : { guardFault }) });
  // The first looks are before and after `up` and before the first step.
  world.on('checkDrift', fromCall(4, look));
  world.on(
    'takeBaseline',
    fromCall(3, (_, usual) => ((mended = true), usual())),
  );
}

const told = ({ calls }: World): string[] =>
  calls.filter(({ name }) => name === 'notify').map(({ input }) => (input as { text: string }).text);

describe.concurrent('a guard that does not stand any more', () => {
  it('holds before the next step, with the traffic where it is; accepted and tried again it is put back', async () => {
    const run = await env.start({ world: (world) => withFault(world, broken) });
    const held = await run.untilState('held');
    expect(held).toMatchObject({
      traffic: { weight: 25 },
      failure: {
        kind: 'drift',
        code: 'ConfigurationDrift',
        message: /^the guard is missing or disabled on services \(found before 100 %\); nothing was changed yet$/,
      },
      freeze: { frozen: true, guardFault: broken.text, drift: [] },
    });
    expect(awaited(held, held.upgrade.startedAt).map(({ what }) => what)).toContain(
      'The guard is missing or disabled on services: to accept it means to put it back',
    );
    const before = run.world.calls.length;
    await run.signal('retry', { by: 'ann' });
    await run.until('it is held again', ({ phases }) =>
      phases.some((one) => one.name === 'shift' && one.attempts === 2 && one.result === 'failed'),
    );
    const looks = ['checkDrift', 'checkSides'];
    expect(acts(run.world, before)).toContain('checkDrift');
    expect(acts(run.world, before).filter((act) => !looks.includes(act))).toEqual([]);
    expect(await run.ask('accept', { by: 'ann', finding: 'drift', reason: 'a slip' })).toMatchObject({
      accepted: true,
    });
    await run.signal('retry', { by: 'ann' });
    await run.approve('finish');
    expect(await run.result()).toMatchObject({ outcome: 'completed-with-faults' });
    expect((await run.status()).freeze).not.toHaveProperty('guardFault');
  });

  it('lifted by somebody: nobody can accept that; it is abandoned', async () => {
    const run = await env.start({ world: (world) => withFault(world, lifted) });
    expect(await run.untilState('held')).toMatchObject({
      traffic: { weight: 25 },
      failure: { kind: 'drift', code: 'NotFrozen', todo: /abandon/ },
    });
    expect(await run.ask('accept', { by: 'ann', finding: 'drift', reason: 'fine' })).toMatchObject({ accepted: false });
    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back' });
  });
});

describe.concurrent('colleagues are told', () => {
  it('when the configuration is frozen, with what they see and whom to ask, and when it can be written again', async () => {
    const run = await env.start({ plan: { startedBy: 'cleo' } });
    await run.approve('finish');
    await run.result();
    const [frozen, thawed] = [
      told(run.world).findIndex((text) => text.includes('is frozen')),
      told(run.world).findIndex((text) => text.includes('can be written again')),
    ];
    expect(told(run.world)[frozen]).toMatch(
      /^the configuration of Kong cluster ".+" is frozen: every write .+ fails with 500 "An unexpected error occurred" until the upgrade has ended\. Should it last until .+ UTC, the upgrade holds and people decide\. Ask cleo\.$/,
    );
    expect(told(run.world)[thawed]).toMatch(/ can be written again\. It was frozen for .+\.$/);
    expect(thawed).toBeGreaterThan(frozen);
  });

  it('once each, also when an upgrade is undone', async () => {
    const run = await env.start({ world: (world) => withFault(world, broken) });
    await run.untilState('held');
    await run.signal('abandon', { by: 'ann' });
    await run.result();
    for (const text of ['is frozen', 'can be written again'])
      expect(told(run.world).filter((one) => one.includes(text))).toHaveLength(1);
  });
});
