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

/**
 * Waits for people to approve. The metrics are watched meanwhile, and an expiry is never an approval.
 *
 * @throws Interruption `rejected` or `expired`
 */
export async function passGate(u: Upgrade, name: GateName, policy: Gate): Promise<GateStatus> {
  const { journal } = u;
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
  journal.enter('waiting', `waiting for approval of gate ${name}`);
  journal.note('gate', `${name} opened, expires in ${formatDuration(policy.expires)}`);
  void tell(u, 'alert', `gate ${name} waits for approval`);
  try {
    await whileWatched(u, `gate-${name}`, () =>
      condition(() => hasQuorum(gate) || gate.rejection !== undefined, policy.expires, {
        summary: `gate ${name} expires`,
      }),
    );
  } finally {
    gate.closedAt = now();
    if (gate.state === 'open') gate.state = 'closed';
    journal.enter('running', `gate ${name} is closed`);
  }
  if (gate.rejection !== undefined) {
    const { by, reason } = gate.rejection;
    throw new Interruption('rejected', `${by} rejected gate ${name}${reason ? `: ${reason}` : ''}`, { gate: name });
  }
  if (!hasQuorum(gate)) {
    gate.state = 'expired';
    throw new Interruption('expired', `nobody approved gate ${name} in ${formatDuration(policy.expires)}`, {
      gate: name,
    });
  }
  gate.state = 'approved';
  journal.note('gate', `${name} approved by ${gate.approvals.map(({ by }) => by).join(', ')}`);
  return gate;
}
