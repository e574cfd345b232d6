import { cannotRead, whatHelps, type NobodyReads, type Unreadable } from '../dump-account.ts';
import type { Finding } from '../findings.ts';
import type { BackupPlan, DatabaseRef, Encrypt } from '../plan/index.ts';
import type { SideName } from '../names.ts';
import { plural } from '../plural.ts';
import type { FileChoice } from '../static-files.ts';
import { pass, refuse, warn } from './finding.ts';

/** The static files of a side's host can be stored. */
export function files(side: SideName, { stored, missing, refused, leftOut }: FileChoice): Finding {
  const rule = `files-${side}`;
  if (missing.length > 0)
    return refuse(
      rule,
      `Files to back up are not there or can't be read: ${missing.join(', ')}.`,
      'Correct backup.files in the plan, or let the worker read them.',
    );
  if (refused.length > 0)
    return refuse(
      rule,
      `Files to back up hold secrets, and the plan does not encrypt the backup: ${refused.join(', ')}.`,
      'Give `backup.encrypt.recipients` in the plan, or leave these files out of backup.files and keep them elsewhere.',
    );
  const count = `${plural(stored, 'file')} can be backed up`;
  if (leftOut.length === 0) return pass(rule, `${count}.`);
  return warn(
    rule,
    `${count}. Of what the nodes keep themselves is left out: ${leftOut.join(', ')}.`,
    'With `backup.encrypt` everything that the worker can read is stored. Else see to it that you have these elsewhere.',
  );
}

/** Without encryption by the worker: the dump alone holds credentials of consumers and keys of certificates. */
export function notEncrypted({ encryption }: BackupPlan['s3']): Finding {
  const rule = 'encrypt';
  if (encryption !== undefined)
    return pass(rule, 'The S3 server encrypts what is stored; whoever may read the bucket reads it as it is.');
  return warn(
    rule,
    'The backup is not encrypted, and the dump holds credentials of consumers and private keys.',
    'Give `backup.encrypt.recipients` (age), or `backup.s3.encryption`.',
  );
}

/** It was tried with a few bytes. */
export function encrypted({ recipients, identity }: Encrypt): Finding {
  const who = `Everything is encrypted for ${plural(recipients.length, 'recipient')}`;
  return pass('encrypt', identity === undefined ? `${who}.` : `${who}, and backup.encrypt.identity opens it.`);
}

/** `undefined`: decK is not used. `workspaces`: `undefined` where Kong has none. */
export function deck(found: { version: string; workspaces: readonly string[] | undefined } | undefined): Finding {
  const rule = 'deck';
  if (found === undefined) return pass(rule, 'decK is not used: the database alone is backed up.');
  const { version, workspaces } = found;
  const what = workspaces === undefined ? '' : ` and dumps ${plural(workspaces.length, 'workspace')}`;
  return pass(rule, `decK ${version} reaches the Admin API${what}.`);
}

/** Somebody can read everything in Kong's database. `instead`: why Kong's own role does not dump it. */
export function dumpAccount(
  found: { readonly user: string; readonly instead?: Unreadable } | { readonly nobody: NobodyReads },
): Finding {
  const rule = 'dump-account';
  if ('nobody' in found)
    return refuse(
      rule,
      `Nobody can dump the whole database: ${found.nobody.map(cannotRead).join('; ')}.`,
      whatHelps(found.nobody),
    );
  const { user, instead } = found;
  const reads = `${user} can read everything in the database`;
  return pass(rule, instead === undefined ? `${reads}.` : `${reads}, and dumps it: ${cannotRead(instead)}.`);
}

/** The server of the restore drill. It takes dumps of its own version and of older ones. */
export function drillServer(
  { host, port }: Pick<DatabaseRef, 'host' | 'port'>,
  major: number,
  majorOfKong: number,
  may: { readonly databases: boolean },
): Finding {
  const rule = 'drill-server';
  const server = `The server of the restore drill, ${host}:${port},`;
  if (major < majorOfKong)
    return refuse(
      rule,
      `${server} is PostgreSQL ${major}, and Kong's is ${majorOfKong}: dumps restore into their own version or a newer one.`,
      'Name another server in backup.restoreDrill.on, or `true` for the server of Kong.',
    );
  if (!may.databases)
    return refuse(
      rule,
      `${server} does not let its admin create databases.`,
      'Grant CREATEDB to backup.restoreDrill.on.admin.user.',
    );
  return pass(rule, `${server} answers (PostgreSQL ${major}).`);
}
