import { expect, test } from 'vitest';
import { PHASES } from '../../src/domain/names.ts';
import { broken, useDemo } from './run-demo.ts';

const run = useDemo('crash');

test('the worker is killed in every phase, and the upgrade completes with nothing done twice', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('completed');
  expect(run().report.crashes.map(({ phase }) => phase)).toEqual(PHASES);
  expect(run().report.workerRestarts).toBe(PHASES.length);
  expect(run().report.requests).toMatchObject({ failed: 0 });
});
