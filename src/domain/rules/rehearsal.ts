import type { Finding } from '../findings.ts';
import type { Plan } from '../plan/index.ts';
import { pass, refuse, warn } from './finding.ts';

/** How a workflow ended; `unreadable` when that could not be found out. */
export type Rehearsal = { readonly outcome: string } | { readonly unreadable: string };

/** A rehearsal in staging that completed, or somebody who says why there is none. */
export function rehearsed(plan: Pick<Plan, 'rehearsed'>, found: Rehearsal | undefined): Finding {
  const rule = 'rehearsed';
  if ('waiver' in plan.rehearsed) {
    const { by, reason } = plan.rehearsed.waiver;
    return warn(
      rule,
      `Not rehearsed in staging; ${by} takes it on: ${reason}`,
      'Run the same plan against a copy of the installation first.',
    );
  }
  const { workflow } = plan.rehearsed;
  const hint = `Run the rehearsal to its end, or give a waiver in the plan: rehearsed: { waiver: { by, reason } }.`;
  if (found === undefined) return refuse(rule, `There is no rehearsal ${workflow}.`, hint);
  if ('unreadable' in found) return refuse(rule, `The rehearsal ${workflow} can't be read: ${found.unreadable}.`, hint);
  return found.outcome === 'completed'
    ? pass(rule, `Rehearsed: ${workflow} completed.`)
    : refuse(rule, `The rehearsal ${workflow} ended with "${found.outcome}".`, hint);
}
