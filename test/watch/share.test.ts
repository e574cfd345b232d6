import { expect, test } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import { createWatchActivities } from '../../src/activities/watch.ts';
import { requestsNeeded, shareOf } from '../../src/domain/share.ts';
import { NOTHING } from '../../src/domain/verdict/counters.ts';
import { activity, fakeMetrics, fakeStore, x, y, type Rates } from './fakes.ts';

const answered = (n: number) => ({ ...NOTHING, answered: n, finished: n, seconds: 10, nodeSeconds: 10 });

const wanted = (weight: number, tolerance = 1) => ({ weight, tolerance });

test('a share agrees when its interval reaches the weight', () => {
  expect(shareOf(answered(950), answered(50), wanted(5))).toMatchObject({ share: 5, requests: 1000, agrees: true });
  expect(shareOf(answered(950), answered(50), wanted(25)).agrees).toBe(false);
  expect(shareOf(answered(1000), answered(0), wanted(5)).agrees).toBe(false);
  expect(shareOf(answered(1000), answered(0), wanted(0)).agrees).toBe(true);
  expect(shareOf(answered(1), answered(1000), wanted(100)).agrees).toBe(false);
  const nothing = { share: 0, low: 0, high: 100, requests: 0, agrees: true };
  expect(shareOf(answered(0), answered(0), wanted(50))).toEqual(nothing);
  expect([1, 5, 50, 100].map(requestsNeeded)).toEqual([500, 100, 100, 100]);
});

test('the tolerance is in points, on both sides of the weight, and never lets a request through at 0 and 100 %', () => {
  const [x, y] = [answered(700_000), answered(300_000)];
  for (const weight of [25, 35]) {
    expect(shareOf(x, y, wanted(weight, 4)).agrees).toBe(false);
    expect(shareOf(x, y, wanted(weight, 5)).agrees).toBe(true);
  }
  expect(shareOf(answered(100_000), answered(1), wanted(0, 50)).agrees).toBe(false);
  expect(shareOf(answered(1), answered(100_000), wanted(100, 50)).agrees).toBe(false);
});

test('requests that match no route on Y arrived at Y all the same', () => {
  const lost = { ...NOTHING, finished: 700, seconds: 10, nodeSeconds: 10 };
  expect(shareOf(answered(600), lost, wanted(50))).toMatchObject({ agrees: true });
});

const measure = (rates: Partial<Rates>, weight: number, within: number) => {
  const fake = fakeMetrics(rates);
  const { measureShare } = createWatchActivities({ metrics: fake.metrics, store: fakeStore().store });
  return { ...fake, result: activity().run(measureShare, { x, y, weight, within, tolerance: 1 }) };
};

test('it returns as soon as the share agrees, after what was counted before the change', async () => {
  const running = measure({ weight: 5 }, 25, 30_000);
  await waitFor('one wrong reading', () => running.readings() >= 2);
  running.change({ weight: 25 });
  expect(await running.result).toMatchObject({ share: 25, agrees: true, requests: 1_000 });
});

test('over its time it says that the share does not agree', async () => {
  expect(await measure({ weight: 5 }, 50, 2_500).result).toMatchObject({ share: 5, agrees: false });
});

test('no traffic at all is known only at the end, and contradicts nothing', async () => {
  expect(await measure({ perReading: 0 }, 50, 1_500).result).toMatchObject({ requests: 0, agrees: true });
});

test('metrics that can not be read all the time are an error, not a share', async () => {
  await expect(measure({ readable: false }, 50, 1_200).result).rejects.toThrow('Nothing answers');
});
