import type { GateStatus } from './status/index.ts';

/**
 * Whether `by` counts as an approver of the gate. Whoever started the upgrade or the restore never does. `by` is a claim as long as
 * nothing signs it.
 */
export function mayApprove(
  gate: Pick<GateStatus, 'approvers' | 'approvals'>,
  by: string,
  startedBy?: string,
): true | string {
  if (by === startedBy) return `${by} started it and can't approve it`;
  if (gate.approvers.length > 0 && !gate.approvers.includes(by))
    return `${by} is not among the approvers (${gate.approvers.join(', ')})`;
  if (gate.approvals.some((one) => one.by === by)) return `${by} has approved already`;
  return true;
}

export const hasQuorum = (gate: Pick<GateStatus, 'approvals' | 'quorum'>): boolean =>
  gate.approvals.length >= gate.quorum;
