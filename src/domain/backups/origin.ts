import { clusterFolder, type BackupManifest } from '../backup.ts';
import type { FoundBackup } from './group.ts';

/** Why a manifest is not that of the backup in whose folder it is (somebody copied it there), or nothing. */
export function whyNotOfIt(
  { cluster, runId, label, objects }: BackupManifest,
  found: FoundBackup,
  of: { readonly prefix: string; readonly cluster: string },
): string | undefined {
  if (cluster !== of.cluster) return `it is of cluster "${cluster}"`;
  if (runId !== found.runId || label !== found.label) return `it is of another backup (run ${runId}, ${label})`;
  const folder = `${clusterFolder(of.prefix, of.cluster)}${found.id}/`;
  const outside = objects.find(({ key }) => !key.startsWith(folder));
  return outside === undefined ? undefined : `it names ${outside.key}, which is outside of its folder`;
}
