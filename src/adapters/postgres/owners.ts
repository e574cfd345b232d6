import { escapeIdentifier as id, type ClientBase } from 'pg';
import type { OwnedByOther } from '../../domain/backup.ts';
import { plural } from '../../domain/plural.ts';
import { given, OWN, ROUTINE_NAME } from './rights.ts';

const OURS = "nspname NOT IN ('crossfade', 'information_schema') AND nspname NOT LIKE 'pg\\_%'";

/** What has an owner of its own. Sequences of columns go with their tables, and so do the types of rows. */
const OWNED = `
  SELECT format('SCHEMA %I', nspname) AS thing, nspowner AS owner, false AS definer
    FROM pg_namespace n WHERE ${OURS} AND ${OWN('pg_namespace', 'n.oid')}
  UNION ALL
  SELECT format('%s %I.%I', CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                                         WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, nspname, relname), relowner, false
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${OURS} AND ${OWN('pg_class', 'c.oid')} AND (relkind <> 'S' OR NOT EXISTS (
     SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
        AND d.refclassid = 'pg_class'::regclass))
  UNION ALL
  SELECT format('TYPE %I.%I', nspname, typname), typowner, false
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
   WHERE (typtype IN ('d', 'e', 'r') OR (typtype = 'c' AND relkind = 'c')) AND ${OURS} AND ${OWN('pg_type', 't.oid')}
  UNION ALL
  SELECT ${ROUTINE_NAME}, proowner, prosecdef
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ${OURS} AND ${OWN('pg_proc', 'p.oid')}
  UNION ALL
  SELECT format('LARGE OBJECT %s', oid), lomowner, false FROM pg_largeobject_metadata`;

/** In the caller's transaction. */
export async function readOwners(client: ClientBase, tablesOwner: string): Promise<OwnedByOther[]> {
  const { rows } = await client.query<{ on: string; owner: string; definer: boolean }>(
    `SELECT thing AS on, pg_get_userbyid(owner)::text AS owner, definer FROM (${OWNED}) AS owned
      WHERE pg_get_userbyid(owner) <> $1 ORDER BY NOT starts_with(thing, 'SCHEMA '), thing`,
    [tablesOwner],
  );
  return rows.map(({ on, owner, definer }) => ({ on, owner, ...(definer ? { definer } : {}) }));
}

/**
 * Gives everything in a restored database to whom it belonged, as a superuser, or a member of both roles. What belongs to somebody else
 * afterwards is returned in words.
 */
export async function giveOwners(
  client: ClientBase,
  all: readonly OwnedByOther[],
  roles: ReadonlySet<string>,
): Promise<string[]> {
  const before = await ownersNow(client);
  const refusals = new Map<string, string>();
  for (const { on, owner } of all) {
    // Only names that this server gave itself become SQL.
    if (!before.has(on) || before.get(on) === owner) continue;
    const refused = new Set<string>();
    if (roles.has(owner)) await given(client, `ALTER ${on} OWNER TO ${id(owner)}`, refused);
    else refused.add(`the role ${owner} is not there`);
    for (const why of refused) refusals.set(on, why);
  }
  const now = await ownersNow(client);
  const lost = all
    .filter(({ on, owner }) => now.get(on) !== owner)
    .map((one) => ({ ...one, now: now.get(one.on), why: refusals.get(one.on) ?? 'it is not there' }));
  return [...lost.filter(({ definer }) => definer).map(ofDefiner), ...ofOthers(lost.filter(({ definer }) => !definer))];
}

interface Lost extends OwnedByOther {
  readonly now: string | undefined;
  readonly why: string;
}

const ofDefiner = ({ on, owner, now, why }: Lost): string =>
  now === undefined
    ? `${on} of ${owner} is missing`
    : `${on} belonged to ${owner} and belongs to ${now} now: as SECURITY DEFINER it runs with other rights (${why})`;

const MOST_NAMED = 5;

/** One text for all that belonged to the same role. */
function ofOthers(lost: readonly Lost[]): string[] {
  const byOwner = new Map<string, Lost[]>();
  for (const one of lost) byOwner.set(one.owner, [...(byOwner.get(one.owner) ?? []), one]);
  return [...byOwner].map(([owner, things]) => {
    const names = things.slice(0, MOST_NAMED).map(({ on }) => on);
    const more = things.length > MOST_NAMED ? ', …' : '';
    const why = things[0]?.why ?? '';
    return `${plural(things.length, 'thing')} that belonged to ${owner} changed hands: ${names.join(', ')}${more} (${why})`;
  });
}

async function ownersNow(client: ClientBase): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ thing: string; owner: string }>(
    `SELECT thing, pg_get_userbyid(owner)::text AS owner FROM (${OWNED}) AS owned`,
  );
  return new Map(rows.map(({ thing, owner }) => [thing, owner]));
}
