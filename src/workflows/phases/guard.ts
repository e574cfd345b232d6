import { judgeGuardrails } from '../../domain/guardrails/index.ts';
import { addressesOf } from '../../domain/plan/addresses.ts';
import { UNKNOWN_NODES } from '../../domain/rules/clients.ts';
import type { GateStatus } from '../../domain/status/index.ts';
import type { TrafficState } from '../../domain/traffic/state.ts';
import { failedWith, Interruption } from '../interruption.ts';
import { run } from '../proxies.ts';
import { together } from '../together.ts';
import { readAll } from '../traffic.ts';
import type { Upgrade } from '../upgrade.ts';
import { isLetGo, unknownNodes, X_SESSIONS_UNTOLD } from './tell-sessions.ts';

/**
 * Reads everything afresh and judges it: before X is stopped, and again after.
 *
 * @throws Interruption `finding` where a person may accept what is in the way, else `failed`
 */
export async function guard(u: Upgrade, gate: GateStatus, xStopped: boolean): Promise<void> {
  const { plan, acts, ref, known, control, journal } = u;
  const { x, database, sessions } = plan;
  const { told, known: clients } = known.sessions ?? {
    told: { by: 'nothing' as const, why: 'nobody has looked' },
    known: { roles: [], addresses: [], others: [] },
  };
  const manifest = known.backup === undefined ? {} : { manifestKey: known.backup.manifestKey };
  const [traffic, facts] = await together(
    () => readWeights(u, xStopped),
    () =>
      run(acts.finish.readFinishFacts, 'guardrails: X, sessions, fingerprint, backup', {
        x: addressesOf(x),
        xStopped,
        told,
        known: clients,
        database,
        upgrade: ref,
        s3: plan.backup.s3,
        ...manifest,
      }),
  );
  const strangersLetGo = isLetGo(u, UNKNOWN_NODES, facts.strangers);
  const guardrails = judgeGuardrails({
    traffic,
    facts,
    told,
    xStopped,
    lockOut: sessions.lockOutX,
    letGo: {
      untold: control.letGo.has(X_SESSIONS_UNTOLD),
      strangers: strangersLetGo,
    },
    approvedBy: gate.state === 'approved' ? gate.approvals.map(({ by }) => by) : [],
    ...(known.backup === undefined ? {} : { backup: known.backup }),
    ...(known.lastVerdict === undefined ? {} : { verdict: known.lastVerdict }),
  });
  const broken = guardrails.filter(({ holds }) => !holds);
  if (broken.length === 0) return;
  const reasons = broken.map(({ name, message }) => `${name}: ${message}`);
  if (!strangersLetGo)
    journal.status.findings = [
      ...journal.status.findings.filter(({ rule }) => rule !== UNKNOWN_NODES),
      unknownNodes(facts.strangers),
    ];
  // Nothing is wrong with Y: the traffic stays. Once X was stopped, though, X comes back first.
  const kind = !strangersLetGo && broken.length === 1 && !xStopped ? 'finding' : 'failed';
  throw new Interruption(kind, `guardrails refuse \`finish\`: ${reasons.join('; ')}`, { code: 'GuardrailBroken' });
}

/** A balancer that can't be read says nothing of Y: as long as X runs, the traffic stays. */
async function readWeights(u: Upgrade, xStopped: boolean): Promise<readonly TrafficState[]> {
  try {
    return await readAll(u, 'guardrails: traffic');
  } catch (error) {
    const meaning = `where the traffic is can't be read, so \`finish\` does not run`;
    throw failedWith(meaning, error, xStopped ? 'failed' : 'balancer');
  }
}
