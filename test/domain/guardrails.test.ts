import { expect, test } from 'vitest';
import type { FinishFacts } from '../../src/activities/contract.ts';
import type { BackupRef } from '../../src/domain/backup.ts';
import { judgeGuardrails } from '../../src/domain/guardrails/index.ts';

type Input = Parameters<typeof judgeGuardrails>[0];

const fingerprint = { whole: '0', tables: 1, rows: 1, takenAt: '' };
const facts: FinishFacts = {
  xAnswering: ['x1'],
  xRequests: 0,
  overSeconds: 3,
  drift: { fingerprint, changes: [], total: 0 },
  backupThere: true,
};
const backup = { takenAt: '2026-01-01', verified: true } as BackupRef;
const good: Input = {
  traffic: { weight: 100, out: [], epoch: 1 },
  facts,
  xStopped: false,
  approvedBy: ['ada'],
  backup,
  verdict: { verdict: 'pass', control: 'none', reasons: [] },
};
const { verdict: _verdict, ...withoutVerdict } = good;
const { backup: _backup, ...withoutBackup } = good;

const broken = (input: Input): string[] =>
  judgeGuardrails(input)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);

test('all hold, before X is stopped and after', () => {
  expect(broken(good)).toEqual([]);
  expect(broken({ ...good, xStopped: true, facts: { ...facts, xAnswering: [] } })).toEqual([]);
});

test.each([
  ['traffic-on-y', { ...good, traffic: { weight: 99, out: [], epoch: 1 } }],
  ['traffic-on-y', { ...good, traffic: { weight: 100, out: ['y1'], epoch: 1 } }],
  ['x-idle', { ...good, facts: { ...facts, xRequests: 1 } }],
  ['configuration-unchanged', { ...good, facts: { ...facts, drift: { ...facts.drift, total: 1 } } }],
  ['approved', { ...good, approvedBy: [] }],
  ['backup-verified', withoutBackup],
  ['backup-verified', { ...good, backup: { ...backup, verified: false } }],
  ['backup-verified', { ...good, facts: { ...facts, backupThere: false } }],
  ['verdict-pass', withoutVerdict],
  ['verdict-pass', { ...good, verdict: { verdict: 'inconclusive', control: 'none', reasons: [] } }],
  ['x-stopped', { ...good, xStopped: true }],
  ['x-disconnected', { ...good, xStopped: true, facts: { ...facts, xAnswering: [], xSessions: 2 } }],
] as const)('%s alone is broken', (name, input) => expect(broken(input)).toEqual([name]));
