import type { FreezeState } from '../configuration.ts';
import type { Finding } from '../findings.ts';
import type { UpgradeRef } from '../upgrade.ts';
import { pass, refuse } from './finding.ts';

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
