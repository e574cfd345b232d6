import { expect, test } from 'vitest';
import { broken, useDemo, weights } from './run-demo.ts';

const run = useDemo('retry');

test('a faulty Y that is repaired: `retry` goes on at the shift and completes', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('completed');
  expect(weights(run())).toEqual([5, 25, 0, 5, 25, 50, 100]);
  const attempts = Object.fromEntries(run().report.phases.map(({ name, attempts: count }) => [name, count]));
  expect(attempts).toMatchObject({ backup: 1, migrate: 1, stage: 1, shift: 2, finish: 1 });
});
