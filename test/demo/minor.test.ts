import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { STEADY } from '../../sandbox/demo/load/options.ts';
import { PHASES } from '../../src/domain/names.ts';
import { broken, useDemo, weights } from './run-demo.ts';

const PASSWORD = 'kong-password-of-the-demo';

const run = useDemo('minor');

test('3.6.1 to 3.7.1 completes, and everything that was read back is as it should be', () => {
  expect(broken(run())).toEqual([]);
  expect(run().code).toBe(0);
  expect(run().report.outcome).toBe('completed');
  expect(run().report.phases.map(({ name, result }) => `${name} ${result}`)).toEqual(
    PHASES.map((name) => `${name} done`),
  );
});

test('the report says when each phase was, who approved, what moved, what was migrated and backed up', () => {
  const { report } = run();
  for (const { startedAt = '', endedAt = '' } of report.phases) expect(endedAt >= startedAt).toBe(true);
  expect(weights(run())).toEqual([5, 25, 50, 100]);
  expect(report.verdicts.map(({ verdict }) => verdict)).not.toContain('fail');
  expect(report.approvals.map(({ gate, by }) => `${gate}: ${by}`)).toEqual(['start: ann', 'finish: ben']);
  expect(report.migrations.before?.pending).toEqual([]);
  expect(report.migrations.afterUp?.pending).toHaveLength(1);
  expect(report.migrations.after?.pending).toEqual([]);
  expect(report.backups).toMatchObject([
    { label: 'before', verified: true, restored: true, encrypted: true },
    { label: 'before-finish', verified: true, restored: true, encrypted: true },
  ]);
  expect(report.undone).toEqual([]);
  expect(report.workerRestarts).toBe(0);
});

// How many arrive in a second is up to the machine; on one that is busy with something else it takes longer.
test('no client request failed under what is at least 200 requests/s', () => {
  const perSecond = [STEADY.keepAlive, STEADY.newConnections].map(
    ({ clients, everyMs }) => (clients * 1_000) / everyMs,
  );
  expect(perSecond.reduce((sum, one) => sum + one)).toBeGreaterThan(200);
  expect(run().report.requests).toMatchObject({ failed: 0, failedByY: 0 });
  expect(run().report.requests?.sent).toBeGreaterThan(4_000);
});

test("the database's password is in no file but PostgreSQL's own", async () => {
  const entries = await readdir(run().dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  const searched = files.map((file) => relative(run().dir, file)).filter((name) => !name.startsWith('postgres/'));
  // What must be among them, so that finding nothing means something.
  for (const name of ['temporal/temporal.db', 'worker.log', 'plan.json']) expect(searched).toContain(name);
  expect(searched.filter((name) => name.endsWith('report.html'))).not.toEqual([]);
  expect(searched.filter((name) => name.startsWith('s3/objects/'))).not.toEqual([]);
  for (const name of searched) expect((await readFile(join(run().dir, name))).includes(PASSWORD), name).toBe(false);
});

test('it says how everything was stopped', () => {
  expect(run().output).toMatch(/Stopped: \d+ processes; none is left\./);
});
