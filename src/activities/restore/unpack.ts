import { join, posix } from 'node:path';
import { cancellationSignal } from '@temporalio/activity';
import type { BackupObjects } from '../../adapters/backup-objects/index.ts';
import type { FolderWriter, NewFolders } from '../../adapters/files/unpack.ts';
import type { ObjectStore } from '../../adapters/object-store/port.ts';
import type { Packing, StoredObject } from '../../domain/backup.ts';
import { backupId } from '../../domain/backup.ts';
import { readManifest } from '../backup/documents.ts';
import type { RestoreActivities } from '../contract.ts';
import { reportProgress } from '../progress.ts';

export interface UnpackDeps {
  readonly store: Pick<ObjectStore, 'get'>;
  readonly objects: BackupObjects;
  readonly folders: NewFolders;
}

type UnpackActivities = Pick<RestoreActivities, 'unpackBackup' | 'removeUnpacked'>;

/** What keys end in, from the last packing to the first. */
const ENDINGS: readonly (readonly [Packing, string])[] = [
  ['age', '.age'],
  ['zstd', '.zst'],
];

export const createUnpackActivities = ({ store, objects, folders }: UnpackDeps): UnpackActivities => ({
  async unpackBackup({ s3, encrypt, manifestKey, folder: below, upgrade }) {
    const manifest = await readManifest(store, s3, manifestKey);
    const folder = join(below, backupId(s3.prefix, upgrade.cluster, manifestKey));
    const others = manifest.objects.filter(({ kind }) => kind !== 'database');
    const left = others.filter(({ packing }) => packing.includes('age') && encrypt?.identity === undefined);
    const files = await folders.make(folder, upgrade.runId, async (to) => {
      for (const object of others) {
        const path = posix.relative(posix.dirname(manifestKey), object.key);
        const doing = `unpacking ${path}`;
        const how = { onContent: (bytes: number) => reportProgress({ doing, bytes }), signal: cancellationSignal() };
        if (left.includes(object)) await to.file(path, objects.read({ s3 }, asStored(object), how));
        else await unpack(to, path, object, objects.read({ s3, encrypt }, object, how));
      }
    });
    return { folder, files, remarks: stillEncrypted(left) };
  },

  async removeUnpacked({ folder, manifestKey, s3, upgrade }) {
    await folders.tidyUp(join(folder, backupId(s3.prefix, upgrade.cluster, manifestKey)), upgrade.runId);
  },
});

/** Static files are an archive, in a folder of their host; the others are one file each. */
async function unpack(to: FolderWriter, key: string, object: StoredObject, content: AsyncIterable<Uint8Array>) {
  const path = ENDINGS.reduce(
    (name, [packing, ending]) =>
      object.packing.includes(packing) && name.endsWith(ending) ? name.slice(0, -ending.length) : name,
    key,
  );
  if (object.kind === 'files') await to.archive(path.replace(/\.tar$/, ''), content);
  else await to.file(path, content);
}

/** To be read without being unpacked, and checked all the same. */
const asStored = (object: StoredObject): StoredObject => ({ ...object, packing: [], content: object.size });

const stillEncrypted = (left: readonly StoredObject[]): string[] =>
  left.length === 0
    ? []
    : [
        `still encrypted, since the plan names no identity of age (open with \`age -d -i <identity>\`): ${left.map(({ key }) => key.split('/').at(-1) ?? '').join(', ')}`,
      ];
