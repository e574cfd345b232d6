import { afterAll, beforeAll, expect, test } from 'vitest';
import { broken, runDemo, weights, type DemoRun } from './run-demo.ts';

let run: DemoRun;
beforeAll(async () => {
  run = await runDemo('patch');
}, 180_000);
afterAll(() => run.remove());

test('a patch release completes with nothing migrated', () => {
  expect(broken(run)).toEqual([]);
  expect(run.code).toBe(0);
  expect(run.report.outcome).toBe('completed');
  expect(run.report.migrations.ran).toEqual([]);
  expect(weights(run)).toEqual([5, 25, 50, 100]);
});
