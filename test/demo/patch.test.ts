import { expect, test } from 'vitest';
import { broken, useDemo, weights } from './run-demo.ts';

const run = useDemo('patch');

test('a patch release completes with nothing migrated', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('completed');
  expect(run().report.migrations.ran).toEqual([]);
  expect(weights(run())).toEqual([5, 25, 50, 100]);
});
