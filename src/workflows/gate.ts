import { condition } from '@temporalio/workflow';
import { hasQuorum } from '../domain/approvals.ts';
import { formatDuration } from '../domain/duration.ts';
import type { GateName } from '../domain/names.ts';
import type { Gate } from '../domain/plan/index.ts';
import type { GateStatus } from '../domain/status/index.ts';
import { Interruption } from './interruption.ts';
import { now } from './journal.ts';
import { tell } from './notify.ts';
import type { Upgrade } from './upgrade.ts';
import { whileWatched } from './watched.ts';

/** Waits for people to approve, while the metrics are watched. Findings and errors as {@link askPeople} says. */
export const passGate = (
  u: Upgrade,
  name: GateName,
  policy: Gate,
  findings: readonly string[] = [],
): Promise<GateStatus> => whileWatched(u, `gate-${name}`, () => askPeople(u, name, policy, findings));

/**
 * Waits for people to approve. An expiry is never an approval.
 *
 * @param findings open findings that somebody must `accept` by name as well: an approval alone does not do
 * @throws Interruption `rejected` or `expired`
 */
export async function askPeople(
  u: Upgrade,
  name: GateName,
  policy: Gate,
  findings: readonly string[],
): Promise<GateStatus> {
  const { journal, control } = u;
  const stillOpen = (): string[] => findings.filter((finding) => control.openFindings.has(finding));
  const gate: GateStatus = {
    gate: name,
    state: 'open',
    openedAt: now(),
    expiresAt: new Date(Date.now() + policy.expires).toISOString(),
    approvers: policy.approvers,
    quorum: policy.quorum,
    approvals: [],
  };
  journal.status.gates.push(gate);
  const besides = findings.length === 0 ? '' : `, and for somebody to accept ${findings.join(' and ')} with a reason`;
  journal.enter('waiting', `waiting for approval of gate ${name}${besides}`);
  journal.note('gate', `${name} opened, expires in ${formatDuration(policy.expires)}`);
  void tell(u, 'alert', `gate ${name} waits for approval${besides}`);
  const passed = (): boolean => hasQuorum(gate) && stillOpen().length === 0;
  try {
    await condition(() => passed() || gate.rejection !== undefined, policy.expires, {
      summary: `gate ${name} expires`,
    });
  } finally {
    gate.closedAt = now();
    if (gate.state === 'open') gate.state = 'closed';
    journal.enter('running', `gate ${name} is closed`);
  }
  if (gate.rejection !== undefined) {
    const { by, reason } = gate.rejection;
    throw new Interruption('rejected', `${by} rejected gate ${name}${reason ? `: ${reason}` : ''}`, { gate: name });
  }
  if (!passed()) {
    gate.state = 'expired';
    const lacking = hasQuorum(gate) ? `accepted ${stillOpen().join(' and ')} at` : 'approved';
    throw new Interruption('expired', `nobody ${lacking} gate ${name} in ${formatDuration(policy.expires)}`, {
      gate: name,
    });
  }
  gate.state = 'approved';
  journal.note('gate', `${name} approved by ${gate.approvals.map(({ by }) => by).join(', ')}`);
  return gate;
}
