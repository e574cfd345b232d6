import { CancellationScope } from '@temporalio/workflow';
import type { Outcome } from '../domain/names.ts';
import { conclude, refuse, type UpgradeResult } from './conclude.ts';
import { Control } from './control.ts';
import { hold, recordFailure } from './hold.ts';
import { Inbox } from './inbox.ts';
import { interruptible } from './interruptible.ts';
import type { Interruption } from './interruption.ts';
import { Journal } from './journal.ts';
import { phase } from './phase.ts';
import { checkEverything } from './restore/check.ts';
import { openRestore } from './restore/open.ts';
import { restoreBeside } from './restore/restore-beside.ts';
import { createRestore, currentRestore, type Restore } from './restore/restore.ts';
import { swapNames } from './restore/swap.ts';
import { unpackFiles } from './restore/unpack.ts';

/**
 * Takes a backup back: restores its database beside the real one, proves it, and swaps their names once people have approved; the old
 * one is kept. Shares the workflow id of the upgrade, so that both never run at once.
 *
 * @param input the plan, which backup, and where its files go (`src/domain/restore/request.ts`)
 */
export async function restoreBackup(input: unknown): Promise<UpgradeResult> {
  const control = new Control();
  const journal = new Journal(currentRestore(input), 'restoreBackup');
  const inbox = new Inbox(journal, control);
  inbox.open();
  CancellationScope.current().cancelRequested.catch(() => inbox.cancelled());
  return CancellationScope.nonCancellable(async () => {
    const opened = await openRestore(input, journal);
    if ('faults' in opened) return refuse(journal, opened.faults);
    inbox.startedBy = opened.request.plan.startedBy;
    const r = createRestore(opened.request, journal, control);
    return conclude(r.u, await restore(r));
  });
}

async function procedure(r: Restore): Promise<void> {
  const { u, database, folder } = r;
  await phase(u, 'check', () => checkEverything(r));
  if (database) await phase(u, 'restore', () => restoreBeside(r));
  if (database) await phase(u, 'swap', () => swapNames(r));
  if (folder !== undefined) await phase(u, 'unpack', () => unpackFiles(r, folder));
}

/** Forward; when something is wrong: hold where a person can put it right, else back. */
async function restore(r: Restore): Promise<Outcome> {
  const { u } = r;
  for (;;) {
    const stopped = await interruptible(u.control, () => procedure(r));
    if (stopped === undefined) return 'completed';
    recordFailure(u, stopped);
    if (!u.undos.anything) return 'refused';
    if (aPersonDecides(r, stopped) && (await hold(u, stopped)).kind === 'retry') continue;
    return goBack(r);
  }
}

/** What was restored and proved is not thrown away because a node still runs; nor do swapped names go back by themselves. */
const aPersonDecides = ({ u, known }: Restore, { kind }: Interruption): boolean =>
  kind === 'failed' && (known.swapped || (u.journal.status.phase === 'swap' && u.plan.onFailure.then === 'hold'));

/** The restored database is dropped, unless it is in place. */
async function goBack({ u, known }: Restore): Promise<Outcome> {
  const { journal } = u;
  journal.enter('unwinding', known.swapped ? 'ending as it is' : 'undoing everything');
  await u.undos.run();
  if (known.swapped) return 'completed-with-faults';
  return journal.status.undo.some(({ state }) => state === 'skipped') ? 'rolled-back-with-faults' : 'rolled-back';
}
