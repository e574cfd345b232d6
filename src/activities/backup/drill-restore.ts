import { cancellationSignal, log } from '@temporalio/activity';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DumpComparison } from '../../adapters/postgres/dump-comparison.ts';
import type { DumpRestore } from '../../adapters/postgres/restore.ts';
import type { BackupRef } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';
import { readManifest } from './documents.ts';

export interface DrillRestoreDeps {
  readonly store: ObjectStore;
  readonly restore: DumpRestore;
  readonly comparison: DumpComparison;
}

type DrillRestore = BackupActivities['drillRestore'];

const DRILL = 'drill';

export const createDrillRestore =
  ({ store, restore, comparison }: DrillRestoreDeps): DrillRestore =>
  async ({ database, on = database, s3, encrypt, backup }) => {
    const manifest = await readManifest(store, s3, backup.manifestKey);
    const { database: facts } = manifest;
    if (facts === undefined) return withoutProof(backup, 'the backup has no dump of the database');
    const scratch = { on, manifestKey: backup.manifestKey, purpose: DRILL };
    const how = { onContent: (bytes: number) => reportProgress({ bytes }), signal: cancellationSignal() };
    try {
      await restore.inScratch({ s3, encrypt }, manifest, scratch, how, (copy) => comparison.requireEqual(copy, facts));
    } catch (error) {
      if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseNotPermitted') throw error;
      return withoutProof(backup, error.message);
    }
    return { ...backup, restored: true };
  };

const withoutProof = (backup: BackupRef, reason: string): BackupRef => {
  log.warn('The backup was not restored for a test', { reason });
  return { ...backup, restored: false, notRestored: reason };
};
