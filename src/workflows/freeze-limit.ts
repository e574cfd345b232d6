import { CancellationScope, condition, isCancellation } from '@temporalio/workflow';
import { formatDuration } from '../domain/duration.ts';
import { Interruption } from './interruption.ts';
import { tell } from './notify.ts';
import type { Upgrade } from './upgrade.ts';

/**
 * Runs `work` with an eye on the freeze: once it has lasted too long, people are told, whatever the upgrade does at that moment, and a
 * forward path that can still turn back holds. Once only: a person who answers `retry` then has decided to go on.
 */
export async function withFreezeLimit<T>(u: Upgrade, work: () => Promise<T>): Promise<T> {
  const beside = new CancellationScope();
  const limit = beside.run(() => watchLimit(u)).catch(unlessCancellation);
  try {
    return await work();
  } finally {
    beside.cancel();
    await limit;
  }
}

async function watchLimit(u: Upgrade): Promise<void> {
  const { status } = u.journal;
  await condition(() => status.freeze !== undefined);
  const left = Date.parse(status.freeze?.limitAt ?? '') - Date.now();
  const thawed = (): boolean => status.freeze?.frozen === false;
  if (await condition(thawed, Math.max(left, 1), { summary: 'limit of the freeze' })) return;
  const text = `the freeze has lasted ${formatDuration(u.plan.freeze.limit)}, its limit`;
  u.journal.note('note', text);
  void tell(u, 'page', text);
  if (u.control.forward && !u.control.sealed)
    u.control.interrupt(new Interruption('freeze-limit', text, { code: 'FreezeLimit' }));
}

function unlessCancellation(error: unknown): void {
  if (!isCancellation(error)) throw error;
}
