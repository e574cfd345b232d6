import { expect, test } from 'vitest';
import { broken, useDemo, weights } from './run-demo.ts';

const run = useDemo('drift');

test("a change behind the guard's back, and a guard that is switched off, hold the upgrade before its next step", () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(weights(run())).toEqual([5, 25, 25, 50, 50, 100]);
  expect(run().report.outcome).toBe('completed-with-faults');
  expect(run().report.requests).toMatchObject({ failed: 0 });
});
