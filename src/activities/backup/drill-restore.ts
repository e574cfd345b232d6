import { cancellationSignal, log } from '@temporalio/activity';
import type { DumpRestore } from '../../adapters/postgres/restore.ts';
import { dumpIn, whyNotOpened, type BackupRef } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';
import { readManifest } from './documents.ts';
import { proveRestored, type ProveRestoredDeps } from './prove-restored.ts';

export interface DrillRestoreDeps extends ProveRestoredDeps {
  readonly restore: DumpRestore;
}

type DrillRestore = BackupActivities['drillRestore'];

const DRILL = 'drill';

export const createDrillRestore =
  (deps: DrillRestoreDeps): DrillRestore =>
  async ({ database, on = database, s3, encrypt, upgrade, backup }) => {
    const { store, restore } = deps;
    const manifest = await readManifest(store, s3, backup.manifestKey);
    const { database: facts } = manifest;
    const dump = dumpIn(manifest);
    if (facts === undefined || dump === undefined)
      return withoutProof(backup, 'the backup has no dump of the database');
    const closed = whyNotOpened(dump, encrypt?.identity);
    if (closed !== undefined) return withoutProof(backup, closed);
    const scratch = { on, manifestKey: backup.manifestKey, purpose: DRILL };
    const onContent = reportBytes(`restoring ${facts.database} for a test`, dump.content);
    const how = { onContent, signal: cancellationSignal() };
    try {
      return await restore.inScratch({ s3, encrypt }, manifest, scratch, how, (copy) =>
        proveRestored(deps, { s3, upgrade, backup, facts, copy }),
      );
    } catch (error) {
      if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseNotPermitted') throw error;
      return withoutProof(backup, error.message);
    }
  };

const withoutProof = (backup: BackupRef, reason: string): BackupRef => {
  log.warn('The backup was not restored for a test', { reason });
  return { ...backup, restored: false, notRestored: reason };
};
