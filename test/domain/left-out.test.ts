import { expect, test } from 'vitest';
import { parsePlan } from '../../src/domain/plan/index.ts';

const faultsOf = (leaveOut: unknown) =>
  parsePlan({ backup: { leaveOut } }).faults.filter(({ path }) => path.startsWith('backup.leaveOut'));

test('only tables that hold nothing but counters may stay out of a backup', () => {
  expect(faultsOf(['ratelimiting_metrics', 'rl_counters', 'vitals_stats_seconds_1700000000'])).toEqual([]);
  expect(faultsOf(['ratelimiting_metrics', 'consumers', 'oauth2_tokens'])).toEqual([
    { path: 'backup.leaveOut[1]', message: expect.stringContaining('only holds counters') as string },
    { path: 'backup.leaveOut[2]', message: expect.stringContaining('only holds counters') as string },
  ]);
});
