import type { BackupFiles, FoundEntry } from '../../adapters/files/index.ts';
import type { FileChoice } from '../../domain/static-files.ts';

export interface ChosenFiles extends FileChoice {
  /** What goes into the archive. */
  readonly entries: readonly FoundEntry[];
}

/**
 * What of a host's files can be stored. Without encryption a file that holds a secret is not: one that the plan names is refused, one
 * that a node keeps for itself is left out.
 */
export async function chooseFiles(
  files: BackupFiles,
  from: { readonly files: readonly string[]; readonly prefixes: readonly string[]; readonly encrypted: boolean },
  signal?: AbortSignal,
): Promise<ChosenFiles> {
  const { entries, missing, unreadable } = await files.find(from.files, from.prefixes);
  const chosen: FoundEntry[] = [];
  const refused: string[] = [];
  const leftOut = [...unreadable];
  for (const entry of entries) {
    const secret = from.encrypted || entry.kind !== 'file' ? undefined : await files.secretOf(entry.path, signal);
    if (secret === undefined) chosen.push(entry);
    else (entry.named ? refused : leftOut).push(`${entry.path} (${secret})`);
  }
  const stored = chosen.filter(({ kind }) => kind === 'file').length;
  return { entries: chosen, stored, missing, refused, leftOut };
}
