import { formatDuration } from '../duration.ts';
import type { DatabaseRef } from '../plan/index.ts';
import { plural } from '../plural.ts';
import { formatBytes, formatCount } from '../status/render-figures.ts';
import { elapsed } from '../status/render-text.ts';
import type { BackupFacts, RestoreLook, Some, WrittenSince } from './facts.ts';
import type { RestoreNames } from './names.ts';
import { whyNotCompared } from './unknown-loss.ts';

/** What a restore would do. */
export interface RestoreScope {
  readonly backup: BackupFacts;
  readonly at: Pick<DatabaseRef, 'host' | 'port'>;
  /** Without them the databases are left alone. */
  readonly names?: RestoreNames;
  /** Without it nothing is unpacked. */
  readonly folder?: string;
  /** Host of the folder. */
  readonly host: string;
  /** Who starts it, and who of them the restore itself names. */
  readonly starter: { readonly ofPlan?: string | undefined; readonly named?: string | undefined };
  /** An identity of age is at hand. */
  readonly canDecrypt: boolean;
}

const LABELS = { before: 'before anything was migrated', 'before-finish': 'just before `finish`' } as const;
const NAMED = 5;

/** In words, one line each, for the person who decides. `now` is ISO 8601. */
export function describeRestore(scope: RestoreScope, now: string): string[] {
  const { backup } = scope;
  const { takenAt, label, kong, objects, bytes } = backup;
  const time = `${takenAt.slice(0, 19).replace('T', ' ')} UTC`;
  const age = formatDuration(elapsed(takenAt, now));
  return [
    line('backup', `${backup.id}, of ${time} (${age} ago), ${LABELS[label]}; X was Kong ${kong}`),
    line('', `${plural(objects, 'object')}, ${formatBytes(bytes)}${backup.encrypted ? ', encrypted with age' : ''}`),
    ...describeDatabase(scope),
    ...describeFiles(scope),
  ];
}

function describeDatabase({ backup: { database }, names, at, starter }: RestoreScope): string[] {
  if (names === undefined) return [line('database', 'is not touched')];
  if (database === undefined) return [line('database', 'the backup has no dump of it')];
  const { tables, rows, bytes, fingerprint, pending, leftOut } = database;
  const content = `${plural(tables, 'table')}, ${formatCount(rows)} rows, ${formatBytes(bytes)}`;
  const waiting = pending === 0 ? '' : `; \`kong migrations up\` had run, ${plural(pending, 'migration')} pending`;
  const without = leftOut.length === 0 ? '' : `; without the rows of ${leftOut.join(', ')}`;
  return [
    line('database', `${content}, configuration ${fingerprint.slice(0, 12)}${waiting}${without}`),
    line(
      'restores',
      `into the new database ${names.restored} beside it, and proves it by row counts, fingerprint and X`,
    ),
    line('started', describeStarter(starter)),
    line('asks', 'gate `restore`; without an approval the new database is dropped, and nothing was changed'),
    line('replaces', `${names.database} on ${at.host}:${at.port}, by swapping names in one transaction`),
    line('keeps', `the old one, as ${names.kept}`),
  ];
}

function describeStarter({ ofPlan, named }: RestoreScope['starter']): string {
  if (named !== undefined) return `by ${named}, who does not count as an approver`;
  if (ofPlan === undefined) return 'by somebody without a name: whoever it was can approve it, too';
  return `by somebody without a name: ${ofPlan}, "startedBy" of the plan, does not count as an approver`;
}

function describeFiles({ backup, folder, host, canDecrypt }: RestoreScope): string[] {
  const { workspaces, hosts, keyring, encrypted, id } = backup;
  const things = [
    ...(hosts.length === 0 ? [] : [`the static files of ${hosts.join(', ')}`]),
    ...(workspaces.length === 0 ? [] : [`the decK dumps of ${plural(workspaces.length, 'workspace')}`]),
    ...(keyring ? ['the keyring'] : []),
  ];
  if (things.length === 0) return [line('files', 'the backup has none')];
  if (folder === undefined) return [line('files', `are not unpacked: ${things.join(', ')}`)];
  const how = !encrypted ? '' : canDecrypt ? ', decrypted' : ', still encrypted: the plan names no identity of age';
  return [line('files', `${things.join(', ')} into ${folder}/${id} on ${host}${how}`)];
}

/** What is there now and would not be afterwards. One line each. */
export function describePresent({ present, remarks }: RestoreLook, { database, kept }: RestoreNames): string[] {
  const about = remarks.map((text) => line('', text));
  if (present === undefined)
    return [line('present', `there is no database ${database}: nothing is replaced`), ...about];
  const { bytes, written } = present;
  return [
    line(
      'present',
      `${database} has ${bytes === undefined ? 'a size that is not known' : formatBytes(bytes)}; it stays as it is, under the name ${kept}`,
    ),
    ...(written === undefined
      ? [line('UNKNOWN', `what will be lost: it could not be compared with the backup: ${whyNotCompared(present)}`)]
      : describeWritten(written).map((text) => line('', text))),
    ...about,
  ];
}

function describeWritten({ configuration, tables, differ, leftOut = [], compared }: WrittenSince): string[] {
  const changed = tables
    .slice(0, NAMED)
    .map(({ table, then, now }) => `${table} ${count(then)} → ${count(now)}`)
    .join(', ');
  const more = differ > NAMED ? ` and ${plural(differ - NAMED, 'more table')}` : '';
  return [
    configuration
      ? 'the configuration is another one than that of the backup: what was changed since is lost to Kong'
      : 'the configuration is that of the backup',
    differ === 0 ? 'every table has as many rows as in the backup' : `rows in the backup → rows now: ${changed}${more}`,
    ...(compared === undefined
      ? ['rows that were changed and not added or removed, outside the configuration, are not seen by that']
      : describeCompared(compared)),
    ...(leftOut.length === 0
      ? []
      : [
          `not in the backup, as the plan wants it: ${leftOut.map((one) => `${one.table} (${count(one.now)} now)`).join(', ')}`,
        ]),
  ];
}

function describeCompared({ content, objects }: NonNullable<WrittenSince['compared']>): string[] {
  return [
    content.count === 0
      ? 'tables with as many rows as in the backup have the same rows'
      : `as many rows as in the backup, but other ones: ${listed(content)}`,
    objects.count === 0
      ? 'schemas, columns, functions, and the names of whatever else there is are those of the backup'
      : `besides, not as in the backup: ${listed(objects)}`,
    'not compared: rights and settings, values of sequences, large objects; views, checks and the like by name only',
  ];
}

const listed = ({ first, count: all }: Some): string => {
  const named = first.slice(0, NAMED);
  return `${named.join(', ')}${all > named.length ? ` and ${all - named.length} more` : ''}`;
};

const count = (rows: number | undefined): string => (rows === undefined ? 'no table' : formatCount(rows));

const line = (head: string, text: string): string => `${head.padEnd(9)} ${text}`;
