import type { BackupRow } from '../domain/backups/index.ts';
import { formatDuration } from '../domain/duration.ts';
import { plural } from '../domain/plural.ts';
import { formatBytes } from '../domain/status/render-figures.ts';
import { elapsed } from '../domain/status/render-text.ts';
import type { Paint, Style } from './io.ts';
import { padEnd, widthOf } from './terminal/text.ts';

export interface BackupList {
  readonly cluster: string;
  /** Where they are, in words. */
  readonly where: string;
  readonly rows: readonly BackupRow[];
  /** ISO 8601. */
  readonly now: string;
}

const HEADS = ['NAME', 'AGE', 'SIZE', 'OBJECTS', 'KONG', 'ENCRYPTED', 'STATE'] as const;
const RIGHT = new Set<string>(['SIZE', 'OBJECTS']);
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const GAP = '  ';
const INDENT = '    ';
const LEGEND = 'A name is <start of the upgrade>_<its run>/<when in it>.';

/** A table where it fits into `columns`, else the name of each on a line of its own and the rest below it. */
export function backupLines({ cluster, where, rows, now }: BackupList, paint: Paint, columns: number): string[] {
  if (rows.length === 0) return [`${cluster} has no backups ${where}.`];
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0);
  const head = `${cluster}: ${plural(rows.length, 'backup')}, ${formatBytes(bytes)}, ${where}`;
  const table = tableOf(rows, now, paint);
  const fits = table.every((line) => widthOf(line) <= columns);
  const body = fits ? table : rows.flatMap((row) => ['', ...cardOf(row, now, paint, columns)]);
  return [head, ...(fits ? [''] : []), ...body, '', paint('dim', LEGEND)];
}

function tableOf(rows: readonly BackupRow[], now: string, paint: Paint): string[] {
  const cells = rows.map((row) => [
    row.id,
    ageOf(row, now),
    formatBytes(row.bytes),
    String(row.objects),
    kongOf(row) ?? '-',
    row.verified ? (row.encrypted ? 'age' : 'no') : '-',
    paint(styleOf(row), stateOf(row)),
  ]);
  const lines = [HEADS.map((head) => paint('dim', head)), ...cells];
  const widths = HEADS.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))));
  return lines.map((line) =>
    line
      .map((cell, at) => {
        const width = widths[at] ?? 0;
        return RIGHT.has(HEADS[at] ?? '') ? ' '.repeat(width - widthOf(cell)) + cell : padEnd(cell, width);
      })
      .join(GAP)
      .trimEnd(),
  );
}

function cardOf(row: BackupRow, now: string, paint: Paint, columns: number): string[] {
  const kong = kongOf(row);
  const facts = [
    `${ageOf(row, now)} old`,
    `${formatBytes(row.bytes)} in ${plural(row.objects, 'object')}`,
    ...(kong === undefined ? [] : [`Kong ${kong}`]),
    ...(row.verified ? [row.encrypted ? 'encrypted with age' : 'not encrypted'] : []),
    paint(styleOf(row), stateOf(row)),
  ];
  return [paint('bold', row.id), ...fill(facts, columns)];
}

/** As many on a line as there is room for; the last one may be a sentence, which the terminal breaks. */
function fill(facts: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const last = lines.at(-1);
    const longer = last === undefined ? undefined : `${last}, ${fact}`;
    if (longer !== undefined && widthOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(`${INDENT}${fact}`);
  }
  return lines;
}

/** To the hour once it is days, to the minute before. */
function ageOf({ takenAt }: BackupRow, now: string): string {
  const ms = elapsed(takenAt, now);
  const grain = ms > DAY ? HOUR : ms > MINUTE ? MINUTE : 1;
  return formatDuration(Math.floor(ms / grain) * grain);
}

const kongOf = ({ kong }: BackupRow): string | undefined =>
  kong?.x === undefined ? undefined : kong.y === undefined ? kong.x : `${kong.x} → ${kong.y}`;

const stateOf = ({ verified, restored, fault = '' }: BackupRow): string =>
  verified ? (restored ? 'verified, restored for a test' : 'verified') : `not whole: ${fault}`;

const styleOf = ({ verified, restored }: BackupRow): Style => (verified ? (restored ? 'green' : 'yellow') : 'red');
