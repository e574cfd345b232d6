import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reportBytes } from '../../src/activities/byte-progress.ts';
import { currentProgress, reportProgress } from '../../src/activities/progress.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const inActivity = (work: () => void) =>
  new MockActivityEnvironment().run(() => {
    work();
    return Promise.resolve();
  });

test('what the heartbeat tells: bytes, the guess of the whole, the rate of the last seconds', () =>
  inActivity(() => {
    const bytes = reportBytes('dumping kong', 1_000);
    expect(currentProgress()).toEqual({ doing: 'dumping kong', bytes: 0, total: 1_000 });
    for (let second = 1; second <= 20; second++) {
      vi.advanceTimersByTime(1_000);
      bytes(second * 100);
      expect(currentProgress()).toEqual({ doing: 'dumping kong', bytes: second * 100, total: 1_000, perSecond: 100 });
    }
    // Faster now: the first ten seconds no longer count.
    for (let second = 1; second <= 6; second++) {
      vi.advanceTimersByTime(1_000);
      bytes(2_000 + second * 500);
      currentProgress();
    }
    expect(currentProgress()).toMatchObject({ bytes: 5_000, perSecond: 500 });
  }));

test('nothing moves: the rate goes down to nothing, though nobody reports', () =>
  inActivity(() => {
    const bytes = reportBytes('restoring');
    vi.advanceTimersByTime(1_000);
    bytes(1_000);
    expect(currentProgress()).toEqual({ doing: 'restoring', bytes: 1_000, perSecond: 1_000 });
    for (let second = 1; second <= 7; second++) {
      vi.advanceTimersByTime(1_000);
      currentProgress();
    }
    expect(currentProgress()).toMatchObject({ bytes: 1_000, perSecond: 0 });
  }));

test('the next thing that is reported takes its place', () =>
  inActivity(() => {
    reportBytes('restoring')(5);
    reportProgress({ doing: 'comparing' });
    expect(currentProgress()).toEqual({ doing: 'comparing' });
  }));
