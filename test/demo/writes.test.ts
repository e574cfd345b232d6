import { expect, test } from 'vitest';
import { broken, useDemo } from './run-demo.ts';

const run = useDemo('writes');
const found = (what: string) => run().report.checks.find((one) => one.what.startsWith(what));

test('500 writes and more at X and Y during an upgrade: none is accepted between freeze and thaw, and soon after it one is', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('completed');
  // What the checks of the scenario counted, so that they can't have been left out.
  expect(Number(found('at least 500 writes')?.found.match(/^\d+/)?.[0])).toBeGreaterThanOrEqual(500);
  expect(found('none of them was accepted')?.found).toMatch(/^0 accepted, [5-9]\d\d|^0 accepted, \d{4,} refused/);
  expect(found('a write works within 1 s')).toMatchObject({ holds: true });
  expect(found('rate limiting counted on')).toMatchObject({ holds: true });
  expect(found('the database holds what was accepted')).toMatchObject({ holds: true });
});

test('proxying went on: no client request failed', () => {
  expect(run().report.requests).toMatchObject({ failed: 0 });
});
