import { describeRestore } from '../../domain/restore/index.ts';
import { plural } from '../../domain/plural.ts';
import { now } from '../journal.ts';
import { run } from '../proxies.ts';
import { look } from './look.ts';
import type { Restore } from './restore.ts';

/** The whole backup, and that nothing stands in the way; says what will be done. Changes nothing. */
export async function checkEverything(r: Restore): Promise<string> {
  const { u, names, folder, only, database } = r;
  const { plan, journal, acts, ref } = u;
  const { s3, encrypt } = plan.backup;
  const found = await run(acts.restore.hostOfY.checkBackup, 'every object of the backup, read to its end', {
    ...{ s3, cluster: plan.cluster, backup: r.backup, runId: ref.runId },
    ...(encrypt === undefined ? {} : { encrypt }),
    ...(database ? { x: plan.x.version } : {}),
    ...(folder === undefined ? {} : { folder }),
    ...(only === undefined ? {} : { only }),
  });
  r.known.backup = found;
  const scope = {
    backup: found,
    at: plan.database,
    host: plan.y.runs.host,
    starter: { ofPlan: plan.startedBy, named: r.startedBy },
    canDecrypt: encrypt?.identity !== undefined,
    ...(database ? { names } : {}),
    ...(folder === undefined ? {} : { folder }),
  };
  journal.status.restore = { backup: found.id, plan: describeRestore(scope, now()), present: [], next: [] };
  tell(r, journal.status.restore.plan);
  if (database) await look(r, 'what is there, and what stands in the way', 'refused');
  return `${found.id}: ${plural(found.objects, 'object')}, each as it was stored`;
}

/** Line by line, for those who follow. */
export function tell({ u: { journal } }: Restore, lines: readonly string[]): void {
  for (const line of lines) journal.note('note', line);
}
