import { describe, expect, it } from 'vitest';
import { hasQuorum, mayApprove } from '../../src/domain/approvals.ts';

const approvals = (...names: string[]) => names.map((by) => ({ by, at: '2026-01-01T00:00:00.000Z' }));

describe('who may approve', () => {
  const cases: readonly [string, readonly string[], string[], string, string | undefined, true | RegExp][] = [
    ['anybody where nobody is named', [], [], 'ann', undefined, true],
    ['not who started it', [], [], 'ann', 'ann', /ann started it/],
    ['not even as a named approver', ['ann'], [], 'ann', 'ann', /started it/],
    ['a named approver', ['ann', 'bob'], [], 'bob', 'ann', true],
    ['nobody else', ['ann', 'bob'], [], 'eve', undefined, /not among the approvers \(ann, bob\)/],
    ['nobody twice', [], ['ann'], 'ann', undefined, /approved already/],
  ];
  it.each(cases)('%s', (_, approvers, approved, by, startedBy, expected) => {
    const answer = mayApprove({ approvers, approvals: approvals(...approved) }, by, startedBy);
    if (expected === true) expect(answer).toBe(true);
    else expect(answer).toMatch(expected);
  });

  it('a quorum is so many different people', () => {
    expect(hasQuorum({ quorum: 2, approvals: approvals('ann') })).toBe(false);
    expect(hasQuorum({ quorum: 2, approvals: approvals('ann', 'bob') })).toBe(true);
  });
});
