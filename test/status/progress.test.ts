import fc from 'fast-check';
import { expect, test } from 'vitest';
import { describeProgress, doneRatio, readProgress } from '../../src/domain/status/render-progress.ts';

const MB = 1_000_000;

test('an estimate is called one', () => {
  expect(describeProgress({ bytes: 50 * MB, total: 200 * MB, perSecond: 10 * MB })).toEqual([
    'about 25 %',
    'about 15 s left',
    '50.0 MB of about 200 MB',
    '10.0 MB/s',
  ]);
});

test('what goes on is never at 100 %, also when the estimate is passed; then nobody tells how long it takes', () => {
  const [exact, more] = [200, 260].map((bytes) =>
    describeProgress({ bytes: bytes * MB, total: 200 * MB, perSecond: MB }),
  );
  expect(exact).toEqual(['about 99 %', '200 MB of about 200 MB', '1.0 MB/s']);
  expect(more).toEqual(['about 99 %', '260 MB, more than the estimate of 200 MB', '1.0 MB/s']);
});

test('while nothing moves there is no end in sight', () => {
  expect(describeProgress({ bytes: MB, total: 2 * MB, perSecond: 0 })).toEqual([
    'about 50 %',
    '1.0 MB of about 2.0 MB',
    '0 B/s',
  ]);
});

test('without an estimate or a rate: what there is', () => {
  expect(describeProgress({ bytes: 5 })).toEqual(['5 B']);
  expect(describeProgress({ bytes: 5, total: 10 })).toEqual(['about 50 %', '5 B of about 10 B']);
});

test('the last seconds are whole ones', () => {
  expect(describeProgress({ bytes: 999, total: 1_000, perSecond: 10_000 })).toContain('about 1 s left');
});

test('of what an activity reports, only amounts count', () => {
  expect(readProgress({ bytes: 5, total: 0, perSecond: NaN, doing: 'dumping' })).toEqual({ bytes: 5 });
  for (const bytes of ['5', -1, NaN, Infinity, null, undefined]) expect(readProgress({ bytes })).toBeUndefined();
  for (const details of [null, 5, 'text', undefined]) expect(readProgress(details)).toBeUndefined();
});

test('whatever is reported: below 100 %, and no time that is negative or endless', () => {
  const amount = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.nat(), fc.constant(0));
  const reported = fc.record({ bytes: amount, total: amount, perSecond: amount }, { requiredKeys: ['bytes'] });
  fc.assert(
    fc.property(reported, (details) => {
      const progress = readProgress(details);
      expect(progress).toBeDefined();
      if (progress === undefined) return;
      expect(doneRatio(progress) ?? 0).toBeLessThan(1);
      expect(describeProgress(progress).join(' · ')).not.toMatch(/100 %|-|NaN|Infinity|undefined/);
    }),
  );
});
