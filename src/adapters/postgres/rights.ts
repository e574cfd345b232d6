import { escapeIdentifier, type ClientBase } from 'pg';
import type { RightsOn } from '../../domain/backup.ts';

/** Not an extension's: what those have is theirs to say. */
export const OWN = (catalogue: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '${catalogue}'::regclass AND d.objid = ${oid} AND d.deptype = 'e')`;

/** Of `pg_proc p` and `pg_namespace n`. */
export const ROUTINE_NAME = `format('ROUTINE %I.%I(%s)', nspname, proname,
           (SELECT string_agg(format('%I.%I', tn.nspname, t.typname), ', ' ORDER BY a.place)
              FROM unnest(p.proargtypes) WITH ORDINALITY AS a(type, place)
              JOIN pg_type t ON t.oid = a.type JOIN pg_namespace tn ON tn.oid = t.typnamespace))`;

/** Things that have rights, named so that it depends on no `search_path`; `acl` is null where nobody ever gave or took any. */
const THINGS = `
  SELECT 'DATABASE' AS thing, datacl AS acl, datdba AS owner FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT format('SCHEMA %I', nspname), nspacl, nspowner FROM pg_namespace n
   WHERE nspname NOT IN ('crossfade', 'information_schema') AND nspname NOT LIKE 'pg\\_%' AND ${OWN('pg_namespace', 'n.oid')}
  UNION ALL
  SELECT format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, nspname, relname), relacl, relowner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND nspname NOT IN ('crossfade', 'information_schema')
     AND nspname NOT LIKE 'pg\\_%' AND ${OWN('pg_class', 'c.oid')}
  UNION ALL
  SELECT ${ROUTINE_NAME}, proacl, proowner
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
   WHERE nspname NOT IN ('crossfade', 'information_schema') AND nspname NOT LIKE 'pg\\_%' AND ${OWN('pg_proc', 'p.oid')}
  UNION ALL
  SELECT format('LARGE OBJECT %s', oid), lomacl, lomowner FROM pg_largeobject_metadata`;

interface Right {
  readonly thing: string;
  readonly role: string | null;
  readonly rights: string[] | null;
  readonly grantable: boolean | null;
}

/** In the caller's transaction. */
export async function readRights(client: ClientBase): Promise<RightsOn[]> {
  const { rows } = await client.query<Right>(
    `SELECT thing, r.rolname::text AS role, array_agg(a.privilege_type ORDER BY a.privilege_type)
              FILTER (WHERE a.privilege_type IS NOT NULL) AS rights, a.is_grantable AS grantable
       FROM (${THINGS}) AS things
       LEFT JOIN LATERAL (
         SELECT * FROM aclexplode(acl)
          WHERE grantee <> owner AND (grantee = 0 OR EXISTS (
            SELECT FROM pg_roles g WHERE g.oid = grantee
               AND coalesce(shobj_description(g.oid, 'pg_authid'), '') NOT LIKE 'Made by Crossfade:%'))) AS a ON true
       LEFT JOIN pg_roles r ON r.oid = a.grantee
      WHERE acl IS NOT NULL GROUP BY thing, r.rolname, a.is_grantable ORDER BY thing, role NULLS FIRST, a.is_grantable`,
  );
  const found = new Map<string, RightsOn['to'][number][]>();
  for (const { thing, role, rights, grantable } of rows) {
    const to = found.get(thing) ?? [];
    found.set(thing, to);
    if (rights !== null) to.push({ ...(role === null ? {} : { role }), rights, grantable: grantable === true });
  }
  return [...found].map(([on, to]) => ({ on, to }));
}

/**
 * Gives the same rights in a restored database, as a superuser or the owner. What can't be given is returned in words: roles
 * that are not there any more, rights that this server does not know.
 */
export async function grantRights(
  client: ClientBase,
  all: readonly RightsOn[],
  roles: ReadonlySet<string>,
): Promise<string[]> {
  const things = new Set((await client.query<{ thing: string }>(THINGS)).rows.map(({ thing }) => thing));
  const { rows } = await client.query<{ name: string }>('SELECT current_database()::text AS name');
  const remarks = new Set<string>();
  for (const { on, to } of all) {
    // Only names that this server gave itself become SQL.
    if (!things.has(on)) {
      remarks.add(`${on} is not there`);
      continue;
    }
    const target = on === 'DATABASE' ? `DATABASE ${escapeIdentifier(rows[0]?.name ?? '')}` : on;
    await given(client, `REVOKE ALL ON ${target} FROM PUBLIC`, remarks);
    for (const { role, rights, grantable } of to) {
      if (role !== undefined && !roles.has(role)) {
        remarks.add(`the role ${role} is not there`);
        continue;
      }
      const who = role === undefined ? 'PUBLIC' : escapeIdentifier(role);
      const option = grantable ? ' WITH GRANT OPTION' : '';
      await given(client, `GRANT ${rights.join(', ')} ON ${target} TO ${who}${option}`, remarks);
    }
  }
  return [...remarks];
}

/** A refusal is a remark; a lost connection is not. */
export async function given(client: ClientBase, sql: string, remarks: Set<string>): Promise<void> {
  try {
    await client.query(sql);
  } catch (error) {
    const { code = '', message } = error as Error & { code?: string };
    if (!/^(0A|0L|22|2B|42|55)/.test(code)) throw error;
    remarks.add(`${sql}: ${message}`);
  }
}
