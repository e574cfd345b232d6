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
  xSessions: ['2 of kong@10.0.0.1'],
  strangers: [],
  drift: { fingerprint, changes: [], total: 0 },
  backupThere: true,
};
const backup = { takenAt: '2026-01-01', verified: true } as BackupRef;
const good: Input = {
  traffic: [{ weight: 100, out: [], epoch: 1 }],
  facts,
  told: { by: 'role', roles: ['kong'] },
  lockOut: false,
  letGo: { untold: false, strangers: false },
  xStopped: false,
  approvedBy: ['ada'],
  backup,
  verdict: { verdict: 'pass', control: 'none', reasons: [] },
};
const stopped: Input = { ...good, xStopped: true, facts: { ...facts, xAnswering: [], xSessions: [] } };
const { xSessions: _sessions, ...withoutSessions } = stopped.facts;
const untold = { told: { by: 'nothing', why: 'same role, same address' } } as const;
const byAddress = { told: { by: 'address', addresses: ['10.0.0.1'] } } as const;
const { verdict: _verdict, ...withoutVerdict } = good;
const { backup: _backup, ...withoutBackup } = good;

const broken = (input: Input): string[] =>
  judgeGuardrails(input)
    .filter(({ holds }) => !holds)
    .map(({ name }) => name);

test('all hold, before X is stopped and after', () => {
  expect(broken(good)).toEqual([]);
  expect(broken(stopped)).toEqual([]);
});

test('what a person has accepted by name', () => {
  const letGo = { untold: true, strangers: true };
  const unclear = { ...withoutSessions, strangers: ['kong@10.9.9.9'] };
  expect(broken({ ...stopped, ...untold, facts: unclear, letGo })).toEqual([]);
  expect(broken({ ...stopped, ...untold, facts: unclear, letGo, lockOut: true })).toEqual(['x-sessions-told']);
});

test("X's metrics can't be read: fine once it is gone, and not before", () => {
  const { xRequests: _, ...unread } = facts;
  expect(broken({ ...good, facts: unread })).toEqual(['x-idle']);
  expect(broken({ ...good, facts: { ...unread, xAnswering: [] } })).toEqual([]);
});

test.each([
  ['traffic-on-y', { ...good, traffic: [...good.traffic, { weight: 99, out: [], epoch: 1 }] }],
  ['traffic-on-y', { ...good, traffic: [{ weight: 100, out: ['y1'], epoch: 1 }, ...good.traffic] }],
  ['x-idle', { ...good, facts: { ...facts, xRequests: 1 } }],
  ['configuration-unchanged', { ...good, facts: { ...facts, drift: { ...facts.drift, total: 1 } } }],
  ['approved', { ...good, approvedBy: [] }],
  ['backup-verified', withoutBackup],
  ['backup-verified', { ...good, backup: { ...backup, verified: false } }],
  ['backup-verified', { ...good, facts: { ...facts, backupThere: false } }],
  ['verdict-pass', withoutVerdict],
  ['verdict-pass', { ...good, verdict: { verdict: 'inconclusive', control: 'none', reasons: [] } }],
  ['x-sessions-told', { ...good, ...untold }],
  ['x-sessions-told', { ...good, ...byAddress, lockOut: true }],
  ['unknown-nodes', { ...good, facts: { ...facts, strangers: ['kong@10.9.9.9'] } }],
  ['x-stopped', { ...stopped, facts: { ...stopped.facts, xAnswering: ['x1'], xRequests: 0 } }],
  ['x-disconnected', { ...stopped, facts: { ...stopped.facts, xSessions: ['1 of kong@10.0.0.1 (psql)'] } }],
  ['x-disconnected', { ...stopped, facts: withoutSessions }],
  ['x-disconnected', { ...stopped, ...byAddress, facts: { ...stopped.facts, xSessions: ['1 of kong@10.0.0.1'] } }],
] as const)('%s alone is broken', (name, input) => expect(broken(input)).toEqual([name]));
