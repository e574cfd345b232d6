import { cancellationSignal, log } from '@temporalio/activity';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DumpComparison } from '../../adapters/postgres/dump-comparison.ts';
import type { DumpRestore } from '../../adapters/postgres/restore.ts';
import { backupKeys, whyNotOpened, type BackupRef } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { BackupActivities } from '../contract.ts';
import { reportBytes } from '../byte-progress.ts';
import { reportProgress } from '../progress.ts';
import { readManifest, writeJson } from './documents.ts';

export interface DrillRestoreDeps {
  readonly store: ObjectStore;
  readonly restore: DumpRestore;
  readonly comparison: DumpComparison;
}

type DrillRestore = BackupActivities['drillRestore'];

const DRILL = 'drill';

export const createDrillRestore =
  ({ store, restore, comparison }: DrillRestoreDeps): DrillRestore =>
  async ({ database, on = database, s3, encrypt, upgrade, backup }) => {
    const manifest = await readManifest(store, s3, backup.manifestKey);
    const { database: facts } = manifest;
    const dump = manifest.objects.find(({ kind }) => kind === 'database');
    if (facts === undefined || dump === undefined)
      return withoutProof(backup, 'the backup has no dump of the database');
    const closed = whyNotOpened(dump, encrypt?.identity);
    if (closed !== undefined) return withoutProof(backup, closed);
    const scratch = { on, manifestKey: backup.manifestKey, purpose: DRILL };
    const onContent = reportBytes(`restoring ${facts.database} for a test`, dump.content);
    const how = { onContent, signal: cancellationSignal() };
    try {
      await restore.inScratch({ s3, encrypt }, manifest, scratch, how, (copy) => {
        reportProgress({ doing: 'comparing the restored database' });
        return comparison.requireEqual(copy, facts);
      });
    } catch (error) {
      if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseNotPermitted') throw error;
      return withoutProof(backup, error.message);
    }
    await writeJson(store, s3, backupKeys(s3.prefix, upgrade, backup.label).drill, {
      format: 1,
      manifest: backup.manifestKey,
      restoredAt: new Date().toISOString(),
      on: `${on.host}:${on.port}`,
      fingerprint: facts.fingerprint,
    });
    return { ...backup, restored: true };
  };

const withoutProof = (backup: BackupRef, reason: string): BackupRef => {
  log.warn('The backup was not restored for a test', { reason });
  return { ...backup, restored: false, notRestored: reason };
};
