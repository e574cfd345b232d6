import { addressesOf } from '../../domain/plan/addresses.ts';
import { describePresent, type RestoreLook } from '../../domain/restore/index.ts';
import { Interruption, type InterruptionKind } from '../interruption.ts';
import { run } from '../proxies.ts';
import { sourceOf, type Restore } from './restore.ts';

/**
 * What is there now, for the person who decides; nothing may stand in the way.
 *
 * @throws Interruption of that kind, code `RestoreRefused`, with everything that does
 */
export async function look(r: Restore, summary: string, kind: InterruptionKind): Promise<RestoreLook> {
  const { u, names, known } = r;
  const { plan, journal } = u;
  const found = await run(u.acts.restore.look.lookBeforeSwap, summary, {
    ...sourceOf(r),
    database: plan.database,
    x: addressesOf(plan.x),
    y: addressesOf(plan.y),
    names,
    workflowId: u.ref.workflowId,
    ...(known.restored === undefined ? {} : { restored: known.restored }),
  });
  if (journal.status.restore !== undefined) journal.status.restore.present = describePresent(found, names);
  if (found.obstacles.length === 0) return found;
  throw new Interruption(kind, found.obstacles.join('; '), { code: 'RestoreRefused' });
}
