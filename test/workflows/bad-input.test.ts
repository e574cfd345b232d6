import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type proto from '@temporalio/proto';
import { MESSAGES } from '../../src/domain/names.ts';
import { deferred, waitsFor } from '../support/fake-activities-world.ts';
import type { Run } from '../support/workflow-environment-run.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';
import '../support/workflow-environment-patience.ts';
import { WorkflowEnvironment } from '../support/workflow-environment.ts';

let env: WorkflowEnvironment;
beforeAll(async () => void (env = await WorkflowEnvironment.create()));
afterAll(() => env.close());

type Payload = proto.temporal.api.common.v1.IPayload;
const raw = (encoding: string, data: string): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});

const UNDECODABLE: Record<string, Payload> = {
  'an unknown encoding': raw('binary/unknown', 'what is this'),
  'broken JSON': raw('json/plain', '{"by":"ann"'),
  'no encoding at all': { data: Buffer.from('{"by":"ann"}') },
};

const signalRaw = ({ handle }: Run, signalName: string, payloads: Payload[]) =>
  env.connection.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: handle.workflowId },
    signalName,
    input: { payloads },
  });

/** An upgrade that stands still until it is let go. */
async function standing(): Promise<{ run: Run; go: () => void }> {
  const { promise, resolve } = deferred();
  const run = await env.start({ world: (world) => world.on('drillRestore', waitsFor(promise)) });
  await run.world.began('drillRestore');
  return { run, go: resolve };
}

async function completes(run: Run, go: () => void): Promise<void> {
  go();
  await run.approve('finish');
  expect(await run.result()).toMatchObject({ outcome: 'completed' });
}

const huge = 'x'.repeat(1_900_000);
const BAD: Record<string, unknown[]> = {
  'no payload': [],
  'a text': ['ann'],
  'a number': [42],
  'a list': [[{ by: 'ann' }]],
  null: [null],
  'an object without a name': [{}],
  'a name just under 2 MB': [{ by: huge }],
};

describe.concurrent('a bad signal is counted and shown, and changes nothing', () => {
  it.each(MESSAGES)('%s with any payload that is not its own', async (name) => {
    const { run, go } = await standing();
    // Two of them are nearly 2 MB: one message each is enough.
    const cases = Object.entries(BAD).filter(([title]) => name === 'abort' || !title.includes('2 MB'));
    for (const [, args] of cases) await run.handle.signal(name, ...args);
    for (const payload of Object.values(UNDECODABLE)) await signalRaw(run, name, [payload]);
    const bad = cases.length + Object.keys(UNDECODABLE).length;
    const { messages } = await run.until('all are counted', (status) => status.messages.bad === bad);
    expect(messages).toMatchObject({ accepted: 0, refused: 0 });
    expect(messages.last).toHaveLength(bad);
    for (const one of messages.last)
      expect(one).toMatchObject({ name, result: 'bad', answer: /takes one object such as/ });
    await completes(run, go);
  });

  it('an unknown name, the wrong gate, too early, twice', async () => {
    const { run, go } = await standing();
    await run.handle.signal('approove', { by: 'ann' });
    await signalRaw(run, 'nonsense', [raw('binary/unknown', 'x')]);
    await run.signal('approve', { by: 'ann' });
    await run.signal('approve', { by: 'ann', gate: 'finish' });
    await run.signal('approve', { by: 'ann', gate: 'lunch' });
    await run.signal('retry', { by: 'ann' });
    const { messages } = await run.until('all are answered', (status) => status.messages.last.length === 6);
    expect(messages).toMatchObject({ accepted: 0, refused: 4, bad: 2 });
    go();
    await run.untilGate('finish');
    await run.signal('approve', { by: 'ann', gate: 'start' });
    expect((await run.status()).state).toBe('waiting');
    await Promise.all([1, 2].map(() => run.signal('approve', { by: 'ann', gate: 'finish' })));
    expect(await run.result()).toMatchObject({ outcome: 'completed' });
    expect((await run.status()).messages).toMatchObject({ accepted: 1, refused: 6 });
  });

  it('a flood does not grow the status', async () => {
    const { run, go } = await standing();
    await Promise.all(Array.from({ length: 120 }, () => run.handle.signal('pause', 'now')));
    const { messages } = await run.until('all are counted', (status) => status.messages.bad === 120);
    expect(messages.last).toHaveLength(50);
    expect((await run.timeline()).length).toBeLessThan(120);
    await completes(run, go);
  });
});

describe.concurrent('a bad update', () => {
  it('is refused with the reason, and leaves nothing in the history', async () => {
    const { run, go } = await standing();
    const before = await run.status();
    for (const name of MESSAGES)
      for (const args of Object.values(BAD).filter((one) => JSON.stringify(one).length < 1000))
        expect(await run.ask(name, args[0])).toMatchObject({ accepted: false, text: /takes one object such as/ });
    expect(await run.ask('approve', { by: 'ann' })).toEqual({ accepted: false, text: 'no gate is open' });
    expect((await run.status()).messages).toEqual(before.messages);
    const { events = [] } = await run.handle.fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
    await completes(run, go);
  });
});

describe.concurrent('a bad start is refused, and nothing is changed', () => {
  const plans: readonly [string, (cluster: string) => unknown, string][] = [
    ['nothing', () => undefined, '(the plan)'],
    ['a number', () => 7, '(the plan)'],
    ['an object that is no plan', (cluster) => ({ cluster }), 'x'],
    ['an unknown key', (cluster) => ({ ...testPlan(cluster), colour: 'red' }), 'colour'],
  ];
  it.each(plans)('%s', async (_, plan, path) => {
    const cluster = env.nextCluster();
    const run = await env.startWith(cluster, plan(cluster));
    const { outcome, faults } = await run.result();
    expect(outcome).toBe('refused');
    expect(faults?.map((fault) => fault.path)).toContain(path);
    expect(await run.status()).toMatchObject({ state: 'ended', outcome: 'refused' });
    expect(run.world.order()).toEqual(['openUpgrade']);
  });

  it.each(Object.entries(UNDECODABLE))('%s', async (_, payload) => {
    const cluster = env.nextCluster();
    const world = env.world(cluster);
    const workflowId = `kong/${cluster}`;
    await env.connection.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      requestId: workflowId,
      workflowType: { name: 'blueGreenUpgrade' },
      taskQueue: { name: 'crossfade' },
      input: { payloads: [payload] },
    });
    const run = env.follow(env.client.workflow.getHandle(workflowId), world);
    const { outcome, faults } = await run.result();
    expect(outcome).toBe('refused');
    expect(faults?.length).toBeGreaterThan(3);
  });

  it('a workflow id that does not fit the cluster', async () => {
    const cluster = env.nextCluster();
    const run = await env.startWith(cluster, testPlan(cluster), 'blueGreenUpgrade', `other/${cluster}`);
    const { outcome, faults } = await run.result();
    expect(outcome).toBe('refused');
    expect(faults).toEqual([
      { path: 'cluster', message: expect.stringContaining(`needs "kong/${cluster}"`) as unknown },
    ]);
  });
});
