import { run } from '../proxies.ts';
import { tell } from './check.ts';
import { sourceOf, type Restore } from './restore.ts';

/** Into a new database beside the real one; proved by the manifest and by X's own `kong`. */
export async function restoreBeside(r: Restore): Promise<string> {
  const { u, names } = r;
  const { plan, acts } = u;
  const { database } = plan;
  u.undos.register('dropRestored', dropRestored(r));
  const beside = await run(acts.restore.hostOfY.restoreBeside, `restore into ${names.restored}`, {
    ...sourceOf(r),
    ...{ database, names },
  });
  r.known.restored = beside.restored;
  const lacks = beside.remarks.map((remark) => `not as it was: ${remark}`);
  const said = await run(acts.restore.hostOfX.askX, 'is it clean for X?', { cluster: plan.x, database, names });
  tell(r, lacks);
  if (u.journal.status.restore !== undefined)
    u.journal.status.restore.plan = [...u.journal.status.restore.plan, ...lacks, said];
  return `${names.restored} has as many rows in every table as the backup, and its fingerprint; ${said}`;
}

const dropRestored = (r: Restore) => async (): Promise<void> => {
  const { u, names, known } = r;
  const { swapped } = await run(u.acts.undo.restore.dropRestored, `drop ${names.restored}`, {
    ...{ database: u.plan.database, names },
    ...(known.restored === undefined ? {} : { restored: known.restored }),
  });
  if (!swapped || known.swapped) return;
  known.swapped = true;
  u.journal.note('note', `the names were swapped after all: ${names.restored} is ${names.database}, and stays`);
};
