import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { writeJson } from '../../src/activities/backup/documents.ts';
import { backupId, backupKeys, type BackupLabel, type BackupManifest, type Packing } from '../../src/domain/backup.ts';
import type { S3Ref } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { bytes, listKeys, store, type S3Server } from './s3-fixture.ts';

export const DAY = 86_400_000;
export const NOW = Date.now();

/** An upgrade that began so many days ago. */
export const upgradeOf = (age: number): UpgradeRef => ({
  ...{ cluster: 'payments', workflowId: 'kong/payments', runId: randomUUID() },
  startedAt: new Date(NOW - age * DAY).toISOString(),
});

export interface StoredBackup {
  readonly s3?: S3Ref;
  readonly label?: BackupLabel;
  /** Without it: what a dead attempt has left. */
  readonly manifest?: boolean;
  readonly upgrade?: UpgradeRef;
  readonly packing?: readonly Packing[];
  readonly restored?: boolean;
}

/** Stores a backup of `payments` that is so many days old, also by the listing. */
export async function storeBackup(server: S3Server, age: number, options: StoredBackup = {}) {
  const { s3 = server.ref, label = 'before', upgrade = upgradeOf(age), packing = [] } = options;
  const keys = backupKeys(s3.prefix, upgrade, label);
  await store.put(s3, keys.dump, bytes('dump'));
  await store.put(s3, keys.facts, bytes('{}'));
  const { cluster, workflowId, runId, startedAt } = upgrade;
  const document: BackupManifest = {
    format: 1,
    ...{ cluster, workflowId, runId, label, startedAt, takenAt: startedAt },
    versions: { x: '3.4.2', y: '3.9.1' },
    objects: [{ kind: 'database', key: keys.dump, size: 4, sha256: '', content: 4, packing, source: 'kong' }],
  };
  if (options.manifest ?? true) await writeJson(store, s3, keys.manifest, document);
  if (options.restored) await store.put(s3, keys.drill, bytes('{}'));
  await setAge(server, s3, keys.folder, age);
  return { upgrade, keys, id: backupId(s3.prefix, cluster, keys.manifest) };
}

/** As old in the listing, too. */
export async function setAge(server: S3Server, s3: S3Ref, prefix: string, age: number): Promise<void> {
  const time = new Date(NOW - age * DAY);
  for (const key of await listKeys(s3, prefix)) utimesSync(join(server.objects, s3.bucket, key), time, time);
}
