import { newestFirst, type BackupRow } from './row.ts';

export const LATEST = 'latest';

const NAMED = 5;

/**
 * The backup that a person means: `latest` (the newest verified one), a whole name, or the beginning of one that only one has.
 * Otherwise why there is none, in words.
 */
export function chooseBackup(
  typed: string,
  rows: readonly BackupRow[],
): { readonly row: BackupRow & { readonly manifestKey: string } } | { readonly fault: string } {
  const sorted = newestFirst(rows);
  if (sorted.length === 0) return { fault: 'there are no backups of this cluster' };
  if (typed === LATEST) {
    const row = sorted.find(({ verified }) => verified);
    return row === undefined ? { fault: 'none of the backups is whole' } : usable(row);
  }
  const exact = sorted.find(({ id }) => id === typed);
  if (exact !== undefined) return usable(exact);
  const beginning = typed === '' ? [] : sorted.filter(({ id }) => id.startsWith(typed));
  const [one, ...more] = beginning;
  if (one === undefined) return { fault: `no backup has the name "${typed}"; there are ${named(sorted)}` };
  return more.length === 0 ? usable(one) : { fault: `"${typed}" may be ${named(beginning)}` };
}

function usable(row: BackupRow): ReturnType<typeof chooseBackup> {
  const { manifestKey, verified, fault = '' } = row;
  return verified && manifestKey !== undefined
    ? { row: { ...row, manifestKey } }
    : { fault: `${row.id} is not whole: ${fault}` };
}

function named(rows: readonly BackupRow[]): string {
  const names = rows.slice(0, NAMED).map(({ id }) => id);
  return [...names, ...(rows.length > NAMED ? [`${rows.length - NAMED} more`] : [])].join(', ');
}
