import type { Drift, FreezeState } from '../configuration.ts';
import type { Finding } from '../findings.ts';
import type { UpgradeRef } from '../upgrade.ts';
import { pass, refuse } from './finding.ts';

/** The guard of this very upgrade is there. */
export function freezeInPlace(state: FreezeState, upgrade: Pick<UpgradeRef, 'runId'>): Finding {
  const rule = 'freeze-in-place';
  if (state.frozen && state.runId === upgrade.runId)
    return pass(rule, `The configuration is frozen (${state.guardedTables} tables).`);
  const what = state.frozen
    ? `It is frozen by ${state.workflowId}, run ${state.runId}`
    : 'The configuration is not frozen';
  return refuse(
    rule,
    `${what}.`,
    'Somebody lifted the guard: what was written meanwhile is not in the backup. Go back to `freeze`.',
  );
}

/** Nothing changed since the baseline. */
export function unchanged({ total, changes }: Drift): Finding {
  const rule = 'configuration-unchanged';
  if (total === 0) return pass(rule, 'The configuration is as it was when it was frozen.');
  const names = changes.slice(0, 5).map(({ table, id, name }) => `${table} ${name ?? id}`);
  return refuse(
    rule,
    `${total} entities changed since the freeze (${names.join(', ')}).`,
    'Find out who wrote around the guard. Go back to `freeze`, or accept it with a reason.',
  );
}
