import { cancellationSignal } from '@temporalio/activity';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { HasRunEnded } from '../../adapters/temporal/run-ended.ts';
import { outOfDate, type BackupRow } from '../../domain/backups/index.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { BackupActivities } from '../contract.ts';
import { findBackups, type BackupInStore } from './find-backups.ts';

export interface RemoveOldBackupsDeps {
  readonly store: ObjectStore;
  readonly hasRunEnded: HasRunEnded;
}

type RemoveOldBackups = BackupActivities['removeOldBackups'];

/** So many are named in the history of a workflow. */
const NAMED = 20;

export const createRemoveOldBackups =
  ({ store, hasRunEnded }: RemoveOldBackupsDeps): RemoveOldBackups =>
  async ({ s3, upgrade, retention }) => {
    const signal = cancellationSignal();
    const all = await findBackups(store, s3, upgrade.cluster, signal);
    const old = outOfDate(
      all.map(({ row }) => row),
      retention,
      new Date().toISOString(),
    );
    const removed: string[] = [];
    const notRemoved: string[] = [];
    for (const { row, found } of old.flatMap((one) => all.find(({ row }) => row === one) ?? [])) {
      if ([row.runId, found.runId].includes(upgrade.runId)) continue;
      const reason = (await whyItStays(hasRunEnded, row, upgrade)) ?? (await remove(found).catch(inWords));
      if (reason === undefined) removed.push(row.id);
      else notRemoved.push(`${row.id}: ${reason}`);
    }
    return { removed: few(removed), kept: all.length - removed.length, notRemoved: few(notRemoved) };

    /** The manifest goes first: what a crash leaves of the rest is no valid backup, and goes the next time. */
    async function remove({ manifest, objects }: BackupInStore['found']): Promise<string | undefined> {
      if (manifest !== undefined) {
        const [left] = await store.remove(s3, [manifest.key], signal);
        if (left !== undefined) return left.reason;
      }
      const others = objects.filter((one) => one !== manifest).map(({ key }) => key);
      const [left] = await store.remove(s3, others, signal);
      return left === undefined ? undefined : `${left.key} is left: ${left.reason}`;
    }
  };

/** Another attempt of all would not know any more what this one has removed. */
function inWords(error: unknown): string {
  if (!(error instanceof CrossfadeError)) throw error;
  return `removed in part: ${error.message}`;
}

async function whyItStays(
  hasRunEnded: HasRunEnded,
  { manifestKey, workflowId, runId, fault }: BackupRow,
  upgrade: UpgradeRef,
): Promise<string | undefined> {
  // A newer version of Crossfade may have written it.
  if (manifestKey !== undefined && workflowId === undefined) return fault;
  try {
    const ended = await hasRunEnded(workflowId ?? upgrade.workflowId, runId);
    return ended ? undefined : 'its upgrade has not ended';
  } catch (error) {
    return `Temporal could not be asked whether its upgrade has ended: ${(error as Error).message}`;
  }
}

const few = (names: readonly string[]): string[] =>
  names.length <= NAMED ? [...names] : [...names.slice(0, NAMED), `and ${names.length - NAMED} more`];
