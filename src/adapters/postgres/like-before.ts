import { escapeIdentifier as id, escapeLiteral, type ClientBase } from 'pg';
import type { DumpFacts } from '../../domain/backup.ts';
import { giveOwners } from './owners.ts';
import { given, grantRights } from './rights.ts';
import { settingSql } from './setting.ts';

/** The names of the server's roles. */
export async function rolesThere(client: ClientBase): Promise<ReadonlySet<string>> {
  const { rows } = await client.query<{ role: string }>('SELECT rolname::text AS role FROM pg_roles');
  return new Set(rows.map(({ role }) => role));
}

/**
 * Gives a restored database what its dump did not: owners, rights, settings, what else belongs to the database. As a superuser, or a member of its owners.
 * Returns in words what could not be given.
 * @param tablesOwner who owns everything in it now, and the database too
 */
export async function likeBefore(client: ClientBase, facts: DumpFacts, tablesOwner: string): Promise<string[]> {
  const remarks = new Set<string>();
  const there = await rolesThere(client);
  const missing = (role: string) => remarks.add(`the role ${role} is not there`);
  if (tablesOwner !== facts.tablesOwner) missing(facts.tablesOwner);
  const { rows } = await client.query<{ name: string }>('SELECT current_database()::text AS name');
  const database = id(rows[0]?.name ?? '');
  // First: the rights of an owner go to the next one with the ownership.
  if (!there.has(facts.owner)) missing(facts.owner);
  else if (facts.owner !== tablesOwner)
    await given(client, `ALTER DATABASE ${database} OWNER TO ${id(facts.owner)}`, remarks);
  for (const remark of await giveOwners(client, facts.owners ?? [], there)) remarks.add(remark);
  for (const remark of await grantRights(client, facts.rights, there)) remarks.add(remark);
  for (const { role, ...setting } of facts.settings) {
    const whose = role === undefined ? `DATABASE ${database}` : `ROLE ${id(role)} IN DATABASE ${database}`;
    if (role !== undefined && !there.has(role)) missing(role);
    // Loaded into every session that begins: one that the server lacks would let nobody in, and a manifest is no place to name code.
    else if (setting.name.endsWith('_preload_libraries'))
      remarks.add(`${setting.name} is not set again, since it loads code into each session: ${setting.value}`);
    else await given(client, `ALTER ${whose} SET ${settingSql(setting)}`, remarks);
  }
  const { connectionLimit, comment } = facts;
  if (connectionLimit !== undefined)
    await given(client, `ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`, remarks);
  if (comment !== undefined)
    await given(client, `COMMENT ON DATABASE ${database} IS ${escapeLiteral(comment)}`, remarks);
  return [...remarks];
}
