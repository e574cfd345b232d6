import type { ClientBase } from 'pg';
import type { ConfigurationChange } from '../../domain/configuration.ts';
import type { TableFingerprint } from './fingerprint.ts';
import type { KongTable } from './kong-tables.ts';
import { rowColumns, rowsOf } from './row-hash.ts';

/** What is kept of one table in a baseline. */
export interface TableBaseline {
  readonly baseline: string;
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: string;
  readonly hash: string;
}

/** How many changes are told one by one. */
const MOST = 50;

/** Which entities differ from the baseline; only tables whose hash differs are looked at row by row. */
export async function findChanges(
  client: ClientBase,
  before: readonly TableBaseline[],
  tables: readonly KongTable[],
  now: readonly TableFingerprint[],
): Promise<{ changes: ConfigurationChange[]; total: number }> {
  const changes: ConfigurationChange[] = [];
  let total = 0;
  const names = new Set([...before.map(({ name }) => name), ...now.map(({ name }) => name)]);
  for (const name of [...names].sort()) {
    const old = before.find((table) => table.name === name);
    const current = now.find((table) => table.name === name);
    if (old !== undefined && old.hash === current?.hash && Number(old.rows) === current.rows) continue;
    const rows = await differingRows(client, old ?? before[0], name, tables);
    total += rows.total;
    for (const row of rows.rows.slice(0, MOST - changes.length)) changes.push(toChange(name, row, old, tables));
  }
  return { changes, total };
}

interface DifferingRow {
  readonly id: string;
  readonly name: string | null;
  readonly change: ConfigurationChange['change'];
  readonly then_fields: readonly (number | null)[] | null;
  readonly now_fields: readonly (number | null)[] | null;
  readonly then_nested: Nested | null;
  readonly now_nested: Nested | null;
  readonly total: string;
}

/** Hash per field, by column. */
type Nested = Readonly<Record<string, Readonly<Record<string, number>> | null>>;

async function differingRows(
  client: ClientBase,
  old: TableBaseline | undefined,
  name: string,
  tables: readonly KongTable[],
): Promise<{ rows: DifferingRow[]; total: number }> {
  const table = tables.find((one) => one.name === name);
  const current =
    table === undefined
      ? 'SELECT id, name, hash, fields, nested FROM crossfade.baseline_row WHERE false'
      : `SELECT ${rowColumns(table)} ${rowsOf(table, tables)}`;
  const { rows } = await client.query<DifferingRow>(
    `WITH now AS (${current}),
          was AS (SELECT id, name, hash, fields, nested FROM crossfade.baseline_row WHERE baseline = $1 AND table_name = $2)
     SELECT coalesce(now.id, was.id) AS id, coalesce(now.name, was.name) AS name,
            CASE WHEN was.id IS NULL THEN 'added' WHEN now.id IS NULL THEN 'removed' ELSE 'changed' END AS change,
            was.fields AS then_fields, now.fields AS now_fields, was.nested AS then_nested, now.nested AS now_nested,
            count(*) OVER () AS total
       FROM now FULL JOIN was ON was.id = now.id
      WHERE now.hash IS DISTINCT FROM was.hash ORDER BY 1 LIMIT ${MOST}`,
    [old?.baseline ?? null, name],
  );
  return { rows, total: Number(rows[0]?.total ?? 0) };
}

function toChange(
  name: string,
  row: DifferingRow,
  old: TableBaseline | undefined,
  tables: readonly KongTable[],
): ConfigurationChange {
  const table = tables.find((one) => one.name === name);
  const base = { table: name, id: row.id, change: row.change, ...(row.name === null ? {} : { name: row.name }) };
  if (row.change !== 'changed') return base;
  return { ...base, fields: changedFields(row, old?.columns ?? [], table?.columns.map((column) => column.name) ?? []) };
}

function changedFields(row: DifferingRow, thenColumns: readonly string[], nowColumns: readonly string[]): string[] {
  const then = new Map(thenColumns.map((column, index) => [column, row.then_fields?.[index] ?? undefined]));
  const now = new Map(nowColumns.map((column, index) => [column, row.now_fields?.[index] ?? undefined]));
  const same = (column: string) => then.has(column) && now.has(column) && then.get(column) === now.get(column);
  const columns = [...new Set([...nowColumns, ...thenColumns])].filter((column) => !same(column));
  return columns.flatMap((column) => {
    const inside = differing(row.then_nested?.[column] ?? {}, row.now_nested?.[column] ?? {});
    return inside.length === 0 ? [column] : inside.map((field) => `${column}.${field}`);
  });
}

function differing(then: Readonly<Record<string, number>>, now: Readonly<Record<string, number>>): string[] {
  return [...new Set([...Object.keys(now), ...Object.keys(then)])].filter((field) => then[field] !== now[field]).sort();
}
