import { expect, test } from 'vitest';
import { parseRestoreRequest } from '../../src/domain/restore/index.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

const asked = (plan: object, more: object = {}) =>
  parseRestoreRequest({ plan: { ...testPlan('payments'), ...plan }, backup: 'latest', ...more });
const gate = (approvers: readonly string[], quorum: number) => ({ gates: { restore: { approvers, quorum } } });

test('who starts it is who the restore names, and only without one who the plan does', () => {
  const sam = asked({ startedBy: 'the demo' }, { startedBy: ' sam ' }).request;
  expect([sam?.plan.startedBy, sam?.startedBy]).toEqual(['sam', 'sam']);
  const nobody = asked({ startedBy: 'the demo' }).request;
  expect([nobody?.plan.startedBy, nobody?.startedBy]).toEqual(['the demo', undefined]);
});

test.each([7, ' ', null, 'x'.repeat(201)])('%j is nobody', (startedBy) => {
  expect(asked({}, { startedBy }).faults).toMatchObject([{ path: 'startedBy' }]);
});

test('a gate that could never be approved is found with who starts the restore, not with who started the upgrade', () => {
  const never = { path: 'plan.gates.restore.quorum', message: expect.stringContaining('without sam') as string };
  const plan = { startedBy: 'demo', ...gate(['sam', 'demo'], 2) };
  expect(asked(plan, { startedBy: 'sam' }).faults).toEqual([never]);
  expect(asked(plan, { startedBy: 'bob' }).faults).toEqual([]);
  expect(asked(plan).faults).toMatchObject([{ path: 'plan.gates.restore.quorum' }]);
  // Other gates are those of the upgrade; without the database there is none.
  expect(asked({ gates: { finish: { approvers: ['sam'] } } }, { startedBy: 'sam' }).faults).toEqual([]);
  expect(asked(plan, { startedBy: 'sam', only: 'files', folder: '/srv' }).faults).toEqual([]);
  // Of too few for anybody, once.
  expect(asked(gate(['ann'], 2), { startedBy: 'sam' }).faults).toHaveLength(1);
});

test('what is wrong with the starter of the plan is not hidden', () => {
  expect(asked({ startedBy: 7 }, { startedBy: 'sam' }).faults).toMatchObject([{ path: 'plan.startedBy' }]);
});
