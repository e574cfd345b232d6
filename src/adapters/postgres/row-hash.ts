import { escapeIdentifier as id, type ClientBase } from 'pg';
import type { KongTable } from './kong-tables.ts';
import { fingerprinted, fingerprintedTags } from './node-rows.ts';

/** Columns by which people know an entity, the best first. Never a credential itself. */
const NAMES = ['name', 'username', 'instance_name', 'custom_id', 'kid', 'target', 'prefix', 'group', 'entity_name'];

/**
 * Texts of values depend on these settings of the session. Fixed for the transaction, so that the same row has the same hash
 * whoever looks.
 */
export async function fixFormats(client: ClientBase): Promise<void> {
  await client.query(`SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'postgres';
    SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1`);
}

/** The rows of a table that belong to the fingerprint, as `r`: those that nodes change by themselves don't, nor do their tags. */
export function rowsOf(table: KongTable, tables: readonly KongTable[]): string {
  const condition = table.name === 'tags' ? fingerprintedTags(tables) : fingerprinted(table);
  return `FROM ${table.sql} AS r${condition === undefined ? '' : ` WHERE ${condition}`}`;
}

/** 64 bits per row; summed up, the order of rows does not matter. */
export const ROW_HASH = 'hashtextextended(r::text, 0)';

/** SELECT list of one row's id, name, hash, hash per column and, inside JSON objects, hash per field. */
export function rowColumns(table: KongTable): string {
  const key = table.key.length > 0 ? table.key : undefined;
  const text = (column: string) => `r.${id(column)}::text`;
  const identity = key === undefined ? `md5(r::text)` : key.map(text).join(` || '/' || `);
  const named = NAMES.filter((name) => table.columns.some((column) => column.name === name));
  const name = named.length === 0 ? 'NULL::text' : `coalesce(${named.map(text).join(', ')})`;
  const fields = table.columns.map((column) => `hashtext(${text(column.name)})`).join(', ');
  const json = table.columns.filter((column) => column.type === 'jsonb');
  const nested = json.map((column) => `'${column.name.replaceAll("'", "''")}', ${fieldsOf(`r.${id(column.name)}`)}`);
  return `${identity} AS id, ${name} AS name, ${ROW_HASH} AS hash, ARRAY[${fields}] AS fields,
    ${nested.length === 0 ? 'NULL::jsonb' : `jsonb_build_object(${nested.join(', ')})`} AS nested`;
}

const fieldsOf = (json: string): string =>
  `(SELECT jsonb_object_agg(f.key, hashtext(f.value::text))
      FROM jsonb_each(CASE jsonb_typeof(${json}) WHEN 'object' THEN ${json} ELSE '{}' END) AS f)`;
