import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { DumpComparison } from '../../adapters/postgres/dump-comparison.ts';
import { backupKeys, type BackupRef, type DumpFacts } from '../../domain/backup.ts';
import type { DatabaseRef, S3Ref } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { reportProgress } from '../progress.ts';
import { writeJson } from './documents.ts';

export interface ProveRestoredDeps {
  readonly store: ObjectStore;
  readonly comparison: DumpComparison;
}

export interface Restored {
  readonly s3: S3Ref;
  readonly upgrade: UpgradeRef;
  readonly backup: BackupRef;
  readonly facts: DumpFacts;
  /** What the dump was restored into; nothing has changed it since. */
  readonly copy: DatabaseRef;
}

/** Compares a restored database with the facts of its dump, and keeps with the backup that it was restored. Error `RestoreDiffers`. */
export async function proveRestored(
  { store, comparison }: ProveRestoredDeps,
  { s3, upgrade, backup, facts, copy }: Restored,
): Promise<BackupRef> {
  reportProgress({ doing: 'comparing the restored database' });
  await comparison.requireEqual(copy, facts);
  await writeJson(store, s3, backupKeys(s3.prefix, upgrade, backup.label).drill, {
    format: 1,
    manifest: backup.manifestKey,
    restoredAt: new Date().toISOString(),
    on: `${copy.host}:${copy.port}`,
    fingerprint: facts.fingerprint,
  });
  return { ...backup, restored: true };
}
