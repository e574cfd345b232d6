import { escapeIdentifier as id, type ClientBase } from 'pg';
import type { DatabaseContent, TableContent } from '../../domain/restore/index.ts';
import { DUMPED_TABLES } from './dump-facts.ts';
import { fixFormats } from './row-hash.ts';

/** A name that no column has: of a table with a column of the alias, only that one would be hashed. */
const ROW = 'crossfade_whole_row';

/**
 * Every table with a hash of its rows, and what else two databases can be told apart by without a doubt, all in the caller's
 * transaction: definitions that PostgreSQL spells anew when they are restored (views, checks, defaults) are known by name only. Needs
 * an account that may read everything.
 */
export async function readContent(client: ClientBase): Promise<DatabaseContent> {
  await fixFormats(client);
  // A part of the rows is never taken for all of them.
  await client.query('SET LOCAL row_security = off');
  const { rows: found } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM ${DUMPED_TABLES} ORDER BY 1, 2`,
  );
  const tables: Record<string, TableContent> = {};
  for (const { schema, name } of found) {
    const { rows } = await client.query<{ rows: string; hash: string }>(
      `SELECT count(*) AS rows, coalesce(sum(hashtextextended(${ROW}::text, 0)), 0)::text AS hash
         FROM ONLY ${id(schema)}.${id(name)} AS ${ROW}`,
    );
    tables[`${schema}.${name}`] = { rows: Number(rows[0]?.rows), hash: rows[0]?.hash ?? '' };
  }
  const { rows: objects } = await client.query<{ name: string; known: string }>(OBJECTS);
  return { tables, objects: Object.fromEntries(objects.map(({ name, known }) => [name, known])) };
}

const OBJECTS = `
  WITH n AS (SELECT oid, nspname FROM pg_namespace
              WHERE nspname NOT IN ('crossfade', 'information_schema') AND nspname NOT LIKE 'pg\\_%'),
       extended AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')
  SELECT format('schema %I', nspname) AS name, '' AS known FROM n
   UNION ALL
  SELECT format('extension %I', extname), '' FROM pg_extension
   UNION ALL
  SELECT format('%s %I.%I', CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                  WHEN 'f' THEN 'foreign table' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'columns of' END, n.nspname, c.relname),
         CASE WHEN c.relkind IN ('S', 'i', 'I') THEN '' ELSE
           (SELECT md5(string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull), ',' ORDER BY a.attnum))
              FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END
    FROM pg_class c JOIN n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I')
     AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM extended)
   UNION ALL
  SELECT format('function %I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
         md5(concat_ws(' ', p.prosrc, p.provolatile, p.prosecdef, pg_get_function_result(p.oid)))
    FROM pg_proc p JOIN n ON n.oid = p.pronamespace
   WHERE ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM extended)
   UNION ALL
  SELECT format('trigger %I on %I.%I', t.tgname, n.nspname, c.relname), t.tgenabled::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN n ON n.oid = c.relnamespace
   WHERE NOT t.tgisinternal AND t.tgfoid IN (SELECT p.oid FROM pg_proc p WHERE p.pronamespace::regnamespace::text <> 'crossfade')
   UNION ALL
  SELECT format('constraint %I on %I.%I', o.conname, n.nspname, c.relname), o.contype::text
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN n ON n.oid = c.relnamespace
   WHERE o.contype IN ('c', 'f', 'p', 'u', 'x')
   UNION ALL
  SELECT format('type %I.%I', n.nspname, t.typname),
         coalesce((SELECT md5(string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder)) FROM pg_enum e WHERE e.enumtypid = t.oid), '')
    FROM pg_type t JOIN n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd', 'r') AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM extended)
   ORDER BY 1`;
