import { clusterFolder, type BackupLabel } from '../backup.ts';

/** An object, as a listing of the cluster's folder gives it. */
export interface ListedKey {
  readonly key: string;
  readonly size: number;
  /** ISO 8601. */
  readonly modified: string;
}

/** The objects that are in the folder of one backup: a whole one, or what an attempt has left. */
export interface FoundBackup {
  /** What people call it, see `backupId`. */
  readonly id: string;
  readonly label: BackupLabel;
  /** Of the upgrade, as its folder is called. */
  readonly runId: string;
  readonly objects: readonly ListedKey[];
  readonly manifest?: ListedKey;
  /** That it was restored for a test, where this is not of an earlier attempt than the manifest. */
  readonly restored: boolean;
}

// <start of the run>_<run id>/<label>/…: anything else in an upgrade's folder (reports, samples) is no backup.
const IN_BACKUP = /^(\d{4}-\d\d-\d\dT[\d-]+Z_([^/]+)\/(before|before-finish))\/(.+)$/;

/** Sorts a listing of `clusterFolder` into backups, newest first. */
export function groupBackups(prefix: string, cluster: string, listed: readonly ListedKey[]): FoundBackup[] {
  const folder = clusterFolder(prefix, cluster);
  const groups = new Map<string, { match: RegExpExecArray; objects: ListedKey[] }>();
  for (const one of listed) {
    const match = one.key.startsWith(folder) ? IN_BACKUP.exec(one.key.slice(folder.length)) : null;
    const [, id] = match ?? [];
    if (match === null || id === undefined) continue;
    const group = groups.get(id) ?? { match, objects: [] };
    group.objects.push(one);
    groups.set(id, group);
  }
  return [...groups.values()]
    .map(({ match, objects }) => toFound(folder, match, objects))
    .sort((a, b) => compare(b.objects, a.objects) || (a.id < b.id ? 1 : -1));
}

function toFound(folder: string, match: RegExpExecArray, objects: readonly ListedKey[]): FoundBackup {
  const [, id = '', runId = '', label] = match;
  const at = (name: string) => objects.find(({ key }) => key === `${folder}${id}/${name}`);
  const manifest = at('manifest.json');
  const drill = at('drill.json');
  return {
    ...{ id, runId, objects, label: label as BackupLabel },
    ...(manifest === undefined ? {} : { manifest }),
    restored: manifest !== undefined && drill !== undefined && drill.modified >= manifest.modified,
  };
}

/** When the last object was written. */
export const lastWritten = (objects: readonly ListedKey[]): string =>
  objects.reduce((last, { modified }) => (modified > last ? modified : last), '');

const compare = (a: readonly ListedKey[], b: readonly ListedKey[]): number => {
  const [one, other] = [lastWritten(a), lastWritten(b)];
  return one < other ? -1 : one > other ? 1 : 0;
};
