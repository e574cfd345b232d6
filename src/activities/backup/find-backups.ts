import type { ObjectStore } from '../../adapters/object-store/port.ts';
import { clusterFolder } from '../../domain/backup.ts';
import {
  describeBackup,
  groupBackups,
  newestFirst,
  type BackupRow,
  type FoundBackup,
  type ListedKey,
  type ReadManifest,
} from '../../domain/backups/index.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import { readManifest } from './documents.ts';

/** A backup, and the objects that are in its folder. */
export interface BackupInStore {
  readonly row: BackupRow;
  readonly found: FoundBackup;
}

/** All backups of a cluster, whole or not, newest first. */
export async function findBackups(
  store: Pick<ObjectStore, 'list' | 'get'>,
  s3: S3Ref,
  cluster: string,
  signal?: AbortSignal,
): Promise<BackupInStore[]> {
  const listed: ListedKey[] = [];
  for await (const one of store.list(s3, clusterFolder(s3.prefix, cluster), signal)) listed.push(one);
  const backups: BackupInStore[] = [];
  for (const found of groupBackups(s3.prefix, cluster, listed)) {
    signal?.throwIfAborted();
    const manifest = found.manifest === undefined ? undefined : await read(store, s3, found.manifest.key);
    backups.push({ found, row: describeBackup(found, manifest) });
  }
  const order = newestFirst(backups.map(({ row }) => row));
  return backups.sort((a, b) => order.indexOf(a.row) - order.indexOf(b.row));
}

async function read(store: Pick<ObjectStore, 'get'>, s3: S3Ref, key: string): Promise<ReadManifest> {
  try {
    return await readManifest(store, s3, key);
  } catch (error) {
    const ofTheObject = ['BackupDamaged', 'ObjectMissing'];
    if (!(error instanceof CrossfadeError) || !ofTheObject.includes(error.code)) throw error;
    return { unreadable: error.message };
  }
}
