import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fails, fromCall, type World } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';
import { BEFORE_GATE, BEFORE_SEAL, REFUSED, type Failure } from './failures-table.ts';
import { expectNoOverlap, undoneKeys } from './order.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

const prepare =
  ({ fails: key, nth = 1, nothingPending = false }: Failure) =>
  (world: World): void => {
    world.pendingAfterUp = !nothingPending;
    world.on(key, fromCall(nth, fails('NodesNotReady', 'made to fail')));
  };

const titled = (failures: readonly Failure[]) =>
  failures.map((failure) => ({ failure, title: `${failure.phase}: ${failure.fails} (call ${failure.nth ?? 1})` }));

async function approveFinish(run: Run, { phase, fails: key }: Failure): Promise<void> {
  if (phase === 'thaw' || (phase === 'finish' && !BEFORE_GATE.includes(key))) await run.approve('finish');
}

describe.concurrent('a failure before anything was changed is a refusal', () => {
  it.each(titled(REFUSED))('$title', async ({ failure }) => {
    const run = await env.start({ world: prepare(failure) });
    expect(await run.result()).toMatchObject({ outcome: 'refused' });
    expect(undoneKeys(run.world)).toEqual([]);
  });
});

describe.concurrent('a failure holds the upgrade, with all traffic on X; `abandon` undoes the rest', () => {
  it.each(titled(BEFORE_SEAL))('$title', async ({ failure }) => {
    const run = await env.start({ world: prepare(failure) });
    await approveFinish(run, failure);
    const held = await run.untilState('held');
    const message = expect.stringMatching(/made to fail$/) as string;
    expect(held.failure).toMatchObject({ phase: failure.phase, kind: 'failed', message });
    expect(undoneKeys(run.world)).toEqual(failure.retreat);
    expect(run.world).toMatchObject({ weight: 0, xUp: true });

    await run.signal('abandon', { by: 'ann' });
    expect(await run.result()).toMatchObject({ outcome: 'rolled-back', reason: message });
    expect(undoneKeys(run.world)).toEqual([...failure.retreat, ...failure.unwind]);
    expect(run.world).toMatchObject({ weight: 0, xUp: true, yUp: false, frozen: false });
    expectNoOverlap(run.world);
  });
});
