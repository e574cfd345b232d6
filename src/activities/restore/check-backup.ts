import { join } from 'node:path';
import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects, BackupStore } from '../../adapters/backup-objects/index.ts';
import type { NewFolders } from '../../adapters/files/unpack.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { BackupManifest, StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { backupFacts } from '../../domain/restore/index.ts';
import { sameVersion } from '../../domain/version.ts';
import { readManifest } from '../backup/documents.ts';
import type { RestoreActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';
import { findBackup } from './find-backup.ts';

export interface CheckBackupDeps {
  readonly store: Pick<ObjectStore, 'get' | 'list'>;
  readonly objects: BackupObjects;
  readonly folders: Pick<NewFolders, 'require'>;
}

type CheckBackup = RestoreActivities['checkBackup'];

export const createCheckBackup =
  ({ store, objects, folders }: CheckBackupDeps): CheckBackup =>
  async ({ s3, encrypt, cluster, backup, x, folder, only, runId }) => {
    const manifestKey = await findBackup(store, s3, cluster, backup, cancellationSignal());
    const manifest = await readManifest(store, s3, manifestKey);
    requireSuitable(manifest, manifestKey, cluster, x);
    const facts = backupFacts(s3.prefix, manifestKey, manifest);
    if (folder !== undefined) await folders.require(join(folder, facts.id), runId);
    const needed = manifest.objects.filter(
      ({ kind }) => only === undefined || (kind === 'database') === (only === 'database'),
    );
    await verifyAll(objects, { s3, encrypt }, needed).catch((error: unknown) => {
      throw only === undefined ? withWayOut(error, needed) : error;
    });
    // Without an identity files come out as they are stored; the database can't be restored.
    const opened = x === undefined && encrypt?.identity === undefined ? [] : needed;
    for (const object of opened) await tryToOpen(objects, { s3, encrypt }, object);
    return facts;
  };

/** `x`: the version that is to start on the database; absent where it is left alone. */
function requireSuitable(manifest: BackupManifest, manifestKey: string, cluster: string, x: string | undefined): void {
  if (manifest.cluster !== cluster)
    throw new CrossfadeError(
      'BackupOfAnother',
      `${manifestKey} is of "${manifest.cluster}", the plan of "${cluster}".`,
    );
  if (x === undefined) return;
  if (manifest.database === undefined)
    throw new CrossfadeError('ObjectMissing', `The backup ${manifestKey} has no dump of the database.`);
  const { x: then = '?' } = manifest.versions;
  if (sameVersion(then, x)) return;
  const message = `X was Kong ${then} when ${manifestKey} was made, and is ${x} in the plan.`;
  throw new CrossfadeError('BackupOfAnother', message);
}

/** A damaged file must not keep anybody from the database. */
function withWayOut(error: unknown, all: readonly StoredObject[]): unknown {
  if (!(error instanceof CrossfadeError) || error.code !== 'BackupDamaged') return error;
  const damaged = all.find(({ key }) => error.message.includes(key));
  if (damaged === undefined || damaged.kind === 'database') return error;
  return new CrossfadeError(
    error.code,
    `${error.message} The database can be restored without it: \`only: database\`.`,
    {
      cause: error,
    },
  );
}

/** To its end, each: nothing is changed before all of it is known to be whole. */
async function verifyAll(objects: BackupObjects, { s3 }: BackupStore, all: readonly StoredObject[]): Promise<void> {
  const total = all.reduce((sum, { size }) => sum + size, 0);
  let bytes = 0;
  for (const object of all) {
    const doing = `reading back ${object.key.split('/').at(-1) ?? ''}`;
    const before = bytes;
    const onContent = (read: number) => reportProgress({ doing, bytes: before + read, total });
    await objects.verify(s3, object, { onContent, signal: cancellationSignal() });
    bytes += object.size;
  }
}

/** Its beginning is enough to know whether the identity is the right one. Error `CannotDecrypt`. */
async function tryToOpen(objects: BackupObjects, from: BackupStore, object: StoredObject): Promise<void> {
  if (!object.packing.includes('age')) return;
  const content = objects.read(from, object, { signal: cancellationSignal() })[Symbol.asyncIterator]();
  try {
    await content.next();
  } finally {
    await content.return?.();
  }
}
