import type { FreezeState } from '../configuration.ts';
import type { Finding } from '../findings.ts';
import type { Balancer } from '../traffic/balancers.ts';
import type { TrafficState } from '../traffic/state.ts';
import type { UpgradeRef } from '../upgrade.ts';
import { pass, refuse, warn } from './finding.ts';

/** Nothing of another upgrade is left in the database: no open seal, no guard. */
export function noEarlierUpgrade(
  seal: { readonly runId: string; readonly workflowId: string; readonly closed: boolean } | undefined,
  freeze: FreezeState,
  upgrade: Pick<UpgradeRef, 'runId'>,
): Finding {
  const rule = 'no-earlier-upgrade';
  if (seal !== undefined && !seal.closed && seal.runId !== upgrade.runId)
    return refuse(
      rule,
      `\`finish\` of ${seal.workflowId}, run ${seal.runId}, has begun and was never ended.`,
      'Look at that run and at `kong migrations list`. Where it is really over: UPDATE crossfade.seal SET closed_at = now() WHERE closed_at IS NULL;',
    );
  if (freeze.runId !== undefined && freeze.runId !== upgrade.runId)
    return refuse(
      rule,
      `The configuration is still frozen by ${freeze.workflowId}, run ${freeze.runId}, since ${freeze.since}.`,
      'Start `rollbackUpgrade` with the plan of that upgrade: it undoes what was left.',
    );
  return pass(rule, 'No other upgrade has left anything in the database.');
}

interface Prepared {
  /** Absent: any. */
  readonly weights?: readonly number[];
  /** Absent where it does not know single nodes. */
  readonly nodes?: Readonly<Record<'x' | 'y', readonly { name: string }[]>>;
  /** What the plan needs and can't have here. */
  readonly lacks?: readonly string[];
}

/** The balancer was prepared for this very plan, and X has all traffic. */
export function balancerReady(at: Balancer, prepared: Prepared, now: TrafficState): Finding[] {
  const rule = 'balancer';
  const again = 'Prepare it again for this plan, as docs/traffic.md shows it for this kind of balancer.';
  const lacks = (prepared.lacks ?? []).map((text) =>
    warn(rule, `${at.name}: ${text}`, 'See docs/traffic.md for what each kind of balancer can do.'),
  );
  for (const side of ['x', 'y'] as const) {
    if (prepared.nodes === undefined) break;
    const [there, wanted] = [prepared.nodes[side].map(({ name }) => name).join(', '), at.nodes[side].join(', ')];
    if (there !== wanted)
      return [refuse(rule, `${at.name} knows ${side.toUpperCase()} as ${there}; the plan has ${wanted}.`, again)];
  }
  const missing = at.weights.filter((weight) => prepared.weights !== undefined && !prepared.weights.includes(weight));
  if (missing.length > 0) return [refuse(rule, `${at.name} can't make ${missing.join(', ')} %.`, again)];
  if (now.weight !== 0 || now.out.length > 0)
    return [
      refuse(
        rule,
        `${at.name} gives Y ${now.weight} % already, and these nodes are out: ${now.out.join(', ') || 'none'}.`,
        'Start `rollbackUpgrade` with the plan of the upgrade that was left like this.',
      ),
    ];
  return [pass(rule, `${at.name} is prepared for every step, and X has all traffic.`), ...lacks];
}

/** The plan's `database.admin` may do what it is there for. */
export function databaseAdmin({ roles, databases }: { readonly roles: boolean; readonly databases: boolean }): Finding {
  const rule = 'database-admin';
  if (roles && databases) return pass(rule, 'database.admin may create roles and databases.');
  const lacking = [...(roles ? [] : ['CREATEROLE']), ...(databases ? [] : ['CREATEDB'])].join(' and ');
  return refuse(
    rule,
    `database.admin lacks ${lacking}.`,
    'Grant it, or leave `database.admin` out of the plan: the report then says what is lost.',
  );
}
