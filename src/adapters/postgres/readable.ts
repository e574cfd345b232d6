import type { ClientBase } from 'pg';
import type { Unreadable } from '../../domain/dump-account.ts';

/**
 * Everything that `pg_dump` must read, with the statements that would let this session's user do so: none where it can. `pg_dump`
 * locks each table, which needs SELECT on the whole of it, and reads nothing in part, as row security would have it.
 */
const NEEDED = `
  SELECT format('%s %I.%I', CASE relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, nspname, relname) AS thing,
         array_remove(ARRAY[
           CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN format('GRANT USAGE ON SCHEMA %I TO %I', nspname, current_user) END,
           CASE WHEN relkind = 'S' THEN
             CASE WHEN NOT has_sequence_privilege(c.oid, 'SELECT')
               THEN format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO %I', nspname, current_user) END
           WHEN NOT has_table_privilege(c.oid, 'SELECT')
             THEN format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', nspname, current_user)
           WHEN row_security_active(c.oid) THEN format('ALTER ROLE %I BYPASSRLS', current_user) END], NULL) AS grants
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'S') AND nspname NOT IN ('crossfade', 'information_schema') AND nspname NOT LIKE 'pg\\_%'
     AND (relkind <> 'S' OR NOT EXISTS (
       SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
  UNION ALL
  SELECT format('large object %s', oid), ARRAY[format('GRANT SELECT ON LARGE OBJECT %s TO %I', oid, current_user)]
    FROM pg_largeobject_metadata
   WHERE NOT current_setting('lo_compat_privileges')::boolean AND NOT pg_has_role(lomowner, 'USAGE') AND NOT EXISTS (
     SELECT FROM aclexplode(lomacl) a
      WHERE a.privilege_type = 'SELECT' AND (a.grantee = 0 OR pg_has_role(a.grantee, 'USAGE')))`;

const MOST_NAMED = 5;
const MOST_ASKED = 100;

/** `undefined`: this session's user can read all that a dump consists of. */
export async function readUnreadable(client: ClientBase): Promise<Unreadable | undefined> {
  const { rows } = await client.query<{ user: string; thing: string; grants: string[]; count: string }>(
    `SELECT current_user::text AS user, thing, grants, count(*) OVER () AS count
       FROM (${NEEDED}) AS needed WHERE cardinality(grants) > 0 ORDER BY thing LIMIT ${MOST_ASKED}`,
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    user: first.user,
    count: Number(first.count),
    first: rows.slice(0, MOST_NAMED).map(({ thing }) => thing),
    grants: [...new Set(rows.flatMap(({ grants }) => grants))],
  };
}
