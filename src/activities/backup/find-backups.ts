import type { ObjectStore } from '../../adapters/object-store/port.ts';
import { clusterFolder } from '../../domain/backup.ts';
import {
  describeBackup,
  groupBackups,
  newestFirst,
  whyNotOfIt,
  type BackupRow,
  type FoundBackup,
  type ListedKey,
  type ReadManifest,
} from '../../domain/backups/index.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { S3Ref } from '../../domain/plan/index.ts';
import { readManifest } from './documents.ts';

const AT_A_TIME = 8;

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
  const groups = groupBackups(s3.prefix, cluster, listed);
  const backups: BackupInStore[] = [];
  for (let at = 0; at < groups.length; at += AT_A_TIME) {
    signal?.throwIfAborted();
    const some = groups.slice(at, at + AT_A_TIME);
    backups.push(
      ...(await Promise.all(some.map(async (found) => ({ found, row: describeBackup(found, await read(found)) })))),
    );
  }
  const order = newestFirst(backups.map(({ row }) => row));
  return backups.sort((a, b) => order.indexOf(a.row) - order.indexOf(b.row));

  /** Nothing where there is no manifest. */
  async function read(found: FoundBackup): Promise<ReadManifest | undefined> {
    if (found.manifest === undefined) return undefined;
    try {
      const manifest = await readManifest(store, s3, found.manifest.key);
      const strange = whyNotOfIt(manifest, found, { prefix: s3.prefix, cluster });
      return strange === undefined ? manifest : { unreadable: strange };
    } catch (error) {
      const ofTheObject = ['BackupDamaged', 'ObjectMissing'];
      if (!(error instanceof CrossfadeError) || !ofTheObject.includes(error.code)) throw error;
      return { unreadable: error.message };
    }
  }
}
