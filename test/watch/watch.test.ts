import { expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createWatchActivities } from '../../src/activities/watch.ts';
import type { LiveWatch, Sample } from '../../src/domain/verdict/index.ts';
import { activity, fakeMetrics, fakeStore, input, SAMPLES } from './fakes.ts';

test('a good bake passes when its time is over; samples are in S3, live figures in the heartbeats', async () => {
  const { metrics } = fakeMetrics();
  const { store, lines } = fakeStore();
  const { run, heartbeats } = activity();
  const { watchTraffic } = createWatchActivities({ metrics, store });
  const result = await run(watchTraffic, { ...input, bake: 450 });
  expect(result).toMatchObject({ verdict: { verdict: 'pass', control: 'x' }, weight: 50, samplesKey: SAMPLES });
  expect(Date.parse(result.to) - Date.parse(result.from)).toBeGreaterThanOrEqual(450);
  const stored = lines(SAMPLES).map((line) => JSON.parse(line) as Sample);
  expect(stored.length).toBe(result.samples - 1);
  expect(stored[0]).toMatchObject({ weight: 50, x: { requests: 500 }, y: { requests: 500, errors: 0 } });
  const { state: _, ...live } = heartbeats.at(-1) as LiveWatch;
  expect(live).toMatchObject({ sample: { weight: 50 }, verdict: { verdict: 'pass' } });
  expect(JSON.stringify(live).length).toBeLessThan(2_000);
});

test('it ends as soon as Y fails, long before the bake is over', async () => {
  const { metrics, change, readings } = fakeMetrics();
  const { store } = fakeStore();
  const { run } = activity();
  const running = run(createWatchActivities({ metrics, store }).watchTraffic, { ...input, bake: 60_000 });
  await waitFor('some readings', () => readings() >= 3);
  change({ errors: 5 });
  const before = readings();
  expect(await running).toMatchObject({ verdict: { verdict: 'fail', reasons: [{ metric: 'errorRatio' }] } });
  expect(readings() - before).toBeLessThanOrEqual(3);
});

test('it ends as soon as it is sure that both sides fail, with a bake and without', async () => {
  for (const given of [input, { ...input, bake: 60_000 }]) {
    const { metrics, change, readings } = fakeMetrics();
    const { store } = fakeStore();
    const running = activity().run(createWatchActivities({ metrics, store }).watchTraffic, given);
    await waitFor('some readings', () => readings() >= 3);
    change({ errors: 60, errorsOfX: 60 });
    const before = readings();
    expect(await running).toMatchObject({ verdict: { verdict: 'inconclusive', both: true } });
    expect(readings() - before).toBeLessThanOrEqual(3);
  }
});

test('told to go on through that, it ends when Y fails alone', async () => {
  const { metrics, change, readings } = fakeMetrics({ errors: 60, errorsOfX: 60 });
  const { store } = fakeStore();
  const { run, heartbeats } = activity();
  const running = run(createWatchActivities({ metrics, store }).watchTraffic, { ...input, throughBoth: true });
  await waitFor('it knows that both fail', () => heartbeats.at(-1)?.verdict.both === true);
  const known = readings();
  await waitFor('it goes on', () => readings() > known + 2);
  change({ errorsOfX: 0 });
  const { verdict } = await running;
  expect(verdict.verdict).toBe('fail');
  expect(verdict).not.toHaveProperty('both');
});

test('inconclusive extends the bake, then ends inconclusive; enough requests in that time pass', async () => {
  const { store } = fakeStore();
  const few = fakeMetrics({ perReading: 2 });
  const plan = { ...input, verdict: { ...input.verdict, extend: 300 }, bake: 200 };
  const result = await activity().run(createWatchActivities({ metrics: few.metrics, store }).watchTraffic, plan);
  expect(result.verdict).toMatchObject({ verdict: 'inconclusive', reasons: [{ metric: 'requests' }] });
  expect(Date.parse(result.to) - Date.parse(result.from)).toBeGreaterThanOrEqual(500);

  const later = fakeMetrics({ perReading: 2 });
  const running = activity().run(createWatchActivities({ metrics: later.metrics, store }).watchTraffic, {
    ...plan,
    verdict: { ...plan.verdict, extend: 30_000 },
  });
  await waitFor('the bake is over', () => later.readings() >= 5);
  later.change({ perReading: 2_000 });
  expect((await running).verdict.verdict).toBe('pass');
});

test('the next attempt goes on where the worker was killed: same beginning, same counters, samples of both', async () => {
  const { metrics } = fakeMetrics();
  const { store, lines } = fakeStore();
  const first = activity();
  const { watchTraffic } = createWatchActivities({ metrics, store });
  const killed = first.run(watchTraffic, input);
  await waitFor('readings', () => first.heartbeats.length >= 4);
  first.cancel();
  await expect(killed).rejects.toThrow(/cancel/i);
  const last = JSON.parse(JSON.stringify(first.heartbeats.at(-1))) as LiveWatch;

  const second = activity(last);
  const result = await second.run(watchTraffic, { ...input, bake: 1_000 });
  expect(result.from).toBe(last.state.from);
  expect(result.samples).toBeGreaterThan(last.state.samples);
  const stored = lines(SAMPLES).map((line) => JSON.parse(line) as Sample);
  expect(stored.length).toBe(result.samples - 1);
  const requests = stored.reduce((sum, { y }) => sum + (y?.requests ?? 0), 0);
  expect(result.verdict.y?.requests).toBe(requests);
});

test('without a bake it watches until it is cancelled, and ends at once then, with its samples stored', async () => {
  const { metrics, readings } = fakeMetrics();
  const { store, lines } = fakeStore();
  const { run, heartbeats, cancel } = activity();
  const running = run(createWatchActivities({ metrics, store }).watchTraffic, input);
  await waitFor('readings', () => heartbeats.length >= 6);
  const before = readings();
  cancel();
  await expect(running).rejects.toThrow(/cancel/i);
  // One may have been under way.
  expect(readings() - before).toBeLessThanOrEqual(1);
  expect(lines(SAMPLES).length).toBeGreaterThanOrEqual(5);
});

test('an S3 that refuses or hangs neither ends the watch nor delays a failure; the result has no key then', async () => {
  for (const state of ['broken', 'hanging'] as const) {
    const { metrics, change, readings } = fakeMetrics();
    const { store } = fakeStore(state);
    const { run } = activity();
    const running = run(createWatchActivities({ metrics, store }).watchTraffic, input);
    await waitFor('readings', () => readings() >= 3);
    change({ errors: 90 });
    const failingSince = performance.now();
    const result = await running;
    expect(result.verdict.verdict).toBe('fail');
    expect(result.samplesKey).toBeUndefined();
    // The end of a good bake would wait for 5 s.
    expect(performance.now() - failingSince).toBeLessThan(4_500);
  }
});

test('metrics of both sides that can not be read: inconclusive, and it goes on when they are back', async () => {
  const { metrics, change, readings } = fakeMetrics();
  const { store } = fakeStore();
  const { run, heartbeats } = activity();
  const verdict = { ...input.verdict, extend: 60_000 };
  const running = run(createWatchActivities({ metrics, store }).watchTraffic, { ...input, verdict, bake: 3_000 });
  await waitFor('readings', () => readings() >= 2);
  change({ readable: false });
  await waitFor('it is noticed', () => heartbeats.at(-1)?.verdict.reasons[0]?.metric === 'metrics');
  expect(heartbeats.at(-1)?.verdict.reasons.map(({ text }) => text)).toEqual([
    expect.stringContaining("X's metrics can't be read"),
    expect.stringContaining("Y's metrics can't be read"),
  ]);
  expect(heartbeats.at(-1)?.verdict).not.toHaveProperty('both');
  change({ readable: true });
  expect((await running).verdict.verdict).toBe('pass');
});
