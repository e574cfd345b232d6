import { LOSS_UNKNOWN, unknownLoss, whatNext, type RestoreLook } from '../../domain/restore/index.ts';
import { passGate } from '../gate.ts';
import { isLetGo } from '../phases/tell-sessions.ts';
import { describeFailure, Interruption } from '../interruption.ts';
import { now } from '../journal.ts';
import { run } from '../proxies.ts';
import { unlessCancelled } from '../unless-cancelled.ts';
import { tell } from './check.ts';
import { look } from './look.ts';
import type { Restore } from './restore.ts';

/** Errors after which both databases surely have the names that they had. */
const NOTHING_DONE: readonly (string | undefined)[] = ['DatabaseInUse', 'DatabaseNotPermitted', 'NamesChanged'];

/** People see what would be lost, and approve; then everything is looked at once more, and the names are swapped. */
export async function swapNames(r: Restore): Promise<string> {
  const { u, names, known } = r;
  const { journal, plan } = u;
  const shown = await look(r, 'what would be lost?', 'failed');
  tell(r, journal.status.restore?.present ?? []);
  await passGate(u, 'restore', plan.gates.restore, mustBeAccepted(r, shown));
  const last = await look(r, 'still as it was shown?', 'failed');
  const unknown = unknownLoss(last, names.database);
  if (unknown !== undefined && unknownLoss(shown, names.database)?.message !== unknown.message)
    throw new Interruption('failed', unknown.message, { code: 'RestoreRefused' });
  if (last.present?.oid !== shown.present?.oid || last.present?.mark !== shown.present?.mark)
    throw new Interruption('failed', `somebody wrote to ${names.database}, or replaced it, since the gate opened`, {
      code: 'RestoreRefused',
    });
  if (last.present !== undefined) known.present = last.present.oid;
  await unlessCancelled(() => swap(r));
  const at = now();
  known.swapped = true;
  u.undos.forget('dropRestored');
  if (journal.status.restore !== undefined) {
    const next = whatNext(names, known.backup?.kong ?? plan.x.version, known.present !== undefined);
    Object.assign(journal.status.restore, { swappedAt: at, next });
    tell(r, next);
  }
  const kept = known.present === undefined ? 'there was none before' : `the one before is kept as ${names.kept}`;
  return `${names.database} is the restored database; ${kept}`;
}

/** An approval alone does not do where nobody can say what it costs. */
function mustBeAccepted({ u, names }: Restore, shown: RestoreLook): string[] {
  const { journal, control } = u;
  const unknown = unknownLoss(shown, names.database);
  control.openFindings.delete(LOSS_UNKNOWN);
  journal.status.findings = [
    ...journal.status.findings.filter(({ rule }) => rule !== LOSS_UNKNOWN),
    ...(unknown === undefined ? [] : [unknown]),
  ];
  return unknown === undefined || isLetGo(u, LOSS_UNKNOWN, [unknown.message]) ? [] : [LOSS_UNKNOWN];
}

async function swap({ u, names, known }: Restore): Promise<void> {
  const { control, plan } = u;
  const present = known.present === undefined ? {} : { present: known.present };
  const numbers = { ...present, restored: known.restored ?? 0 };
  // Once this is sent nobody can tell whether it arrived: an abort is refused from here on.
  control.sealed = true;
  try {
    await run(u.acts.restore.database.swapNames, 'swap the names, in one transaction', {
      ...{ database: plan.database, names, numbers },
    });
  } catch (error) {
    control.sealed = !NOTHING_DONE.includes(describeFailure(error).code);
    throw error;
  }
}
