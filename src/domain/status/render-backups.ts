import type { BackupRef } from '../backup.ts';
import { plural } from '../plural.ts';
import { formatBytes } from './render-figures.ts';

/** What a backup consists of and how it was proved, as short phrases; the reason of a missing proof stands last. */
export function describeBackup(backup: BackupRef): string[] {
  const { objects, bytes, verified, restored, encrypted, notRestored } = backup;
  return [
    plural(objects, 'object'),
    formatBytes(bytes),
    verified ? 'read back' : 'NOT read back',
    encrypted ? 'encrypted with age' : 'not encrypted with age',
    restored ? 'restored for a test' : 'not restored for a test',
    ...(restored || notRestored === undefined ? [] : [`why not: ${notRestored}`]),
  ];
}

/** Address of the manifest, which names everything else. */
export const placeOf = ({ bucket, manifestKey }: BackupRef): string => `s3://${bucket}/${manifestKey}`;

/** For whoever needs one; `PLAN` is the file of the plan. */
export const HOW_TO_GET_AT_BACKUPS =
  '`crossfade backups PLAN` lists them all by name; `crossfade restore PLAN --backup NAME` shows what restoring one would do, and asks.';
