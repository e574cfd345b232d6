import { escapeIdentifier, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { NodeWriter } from '../../domain/node-writers.ts';
import { isConfiguration, tableUse, type TableUse } from '../../domain/tables.ts';
import { NAMED_SCHEMA } from './connect.ts';
import { nodeRowsOf, readNodeWriters, type NodeRows } from './node-rows.ts';

export interface KongTable {
  readonly name: string;
  /** Quoted, with its schema: ready to be put into SQL. */
  readonly sql: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Columns of the primary key; empty without one. */
  readonly key: readonly string[];
  readonly use: TableUse;
  /** Which of its rows nodes change by themselves, if any. */
  readonly nodeRows: NodeRows | undefined;
}

export interface KongSchema {
  readonly name: string;
  /** The role that owns Kong's tables. */
  readonly owner: string;
  /** Plugins because of which nodes write configuration. */
  readonly writers: readonly NodeWriter[];
  /** In the order of their names. */
  readonly tables: readonly KongTable[];
}

/** Whether the guard stands on a table of the schema `n`; nobody needs a right on schema crossfade for it. */
const GUARDED = `EXISTS (
  SELECT FROM pg_trigger t JOIN pg_class g ON g.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
   WHERE g.relnamespace = n.oid AND p.proname = 'guard' AND p.pronamespace::regnamespace::text = 'crossfade')`;

/** The schemas with tables of Kong; what the plan names is the only one. Who comes without a plan wants the one that is frozen. */
const SCHEMAS = `
  SELECT n.nspname::text AS name, pg_get_userbyid(c.relowner)::text AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relname = 'schema_meta' AND c.relkind IN ('r', 'p') AND n.nspname = coalesce(${NAMED_SCHEMA}, n.nspname)
   ORDER BY ${GUARDED} DESC, n.nspname IS NOT DISTINCT FROM current_schema() DESC, n.nspname`;

const TABLES = `
  SELECT c.relname::text AS name,
         ARRAY(SELECT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
         ARRAY(SELECT format_type(a.atttypid, NULL) FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS types,
         ARRAY(SELECT a.attname::text
                 FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
                 JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
                WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY k.place) AS key
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition
   ORDER BY c.relname COLLATE "C"`;

/** In which schema Kong has its tables, without a look at any of them: none need be free of locks. Error `NotKongDatabase`. */
export async function findKongSchema(client: ClientBase): Promise<Pick<KongSchema, 'name' | 'owner'>> {
  const schema = (await client.query<{ name: string; owner: string }>(SCHEMAS)).rows[0];
  if (schema !== undefined) return schema;
  const { rows } = await client.query<{ name: string; schema: string | null }>(
    `SELECT current_database() AS name, ${NAMED_SCHEMA} AS schema`,
  );
  const { name = '', schema: named } = rows[0] ?? {};
  const where = named ? ` in schema ${named}, which the plan names as \`database.schema\`` : '';
  throw new CrossfadeError('NotKongDatabase', `The database ${name} has no table schema_meta${where}.`);
}

/** All of them, in the order of their names where the plan names none. */
export async function findKongSchemas(client: ClientBase): Promise<string[]> {
  return (await client.query<{ name: string }>(SCHEMAS)).rows.map(({ name }) => name);
}

/** The tables of Kong as they are now, in whichever schema Kong has them. Error `NotKongDatabase`. */
export async function readKongSchema(client: ClientBase): Promise<KongSchema> {
  const schema = await findKongSchema(client);
  const { rows } = await client.query<{ name: string; columns: string[]; types: string[]; key: string[] }>(TABLES, [
    schema.name,
  ]);
  const quoted = escapeIdentifier(schema.name);
  const names = rows.map(({ name }) => name);
  const writers = await readNodeWriters(client, quoted, names);
  const tables = rows.map(({ name, columns: all, types, key }) => {
    const columns = all.map((column, index) => ({ name: column, type: types[index] ?? '' }));
    const shape = { name, columns };
    const sql = `${quoted}.${escapeIdentifier(name)}`;
    return { ...shape, sql, key, use: tableUse(shape), nodeRows: nodeRowsOf(shape, writers) };
  });
  return { ...schema, writers, tables };
}

/** The tables that a freeze guards and whose rows make the fingerprint. */
export const configurationTables = (schema: KongSchema): KongTable[] =>
  schema.tables.filter((table) => isConfiguration(table.use));
