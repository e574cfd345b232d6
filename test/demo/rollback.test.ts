import { expect, test } from 'vitest';
import { broken, useDemo, weights } from './run-demo.ts';

const run = useDemo('rollback');

test('a faulty Y: everything goes back to X, a person abandons, nothing is left', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('rolled-back');
  expect(weights(run())).toEqual([5, 25, 0]);
  expect(run().report.failure).toMatchObject({ phase: 'shift', kind: 'breach' });
  expect(run().report.verdicts.at(-1)).toMatchObject({ verdict: 'fail', weight: 25 });
  expect(
    run()
      .report.undone.map(({ name, result }) => `${name} ${result}`)
      .sort(),
  ).toEqual(['dropRoleOfY done', 'returnTraffic done', 'stopY done', 'thaw done']);
});

test('clients saw no failure but what Y answered, and no more of it than until the retreat', () => {
  const { failed, failedByY } = run().report.requests ?? { failed: 0, failedByY: -1 };
  expect(failed).toBe(failedByY);
  expect(failedByY).toBeGreaterThan(0);
});

test('the report says what an upped database means', () => {
  expect(run().report.databaseLeft?.pending).toHaveLength(1);
});
