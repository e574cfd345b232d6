import type { Postgres } from '../../sandbox/servers/postgres.ts';

const TEMPLATE = 'kong_before';

/** Keeps a copy of Kong's database; nobody may be connected to it. */
export async function saveDatabase(postgres: Postgres): Promise<void> {
  await postgres.query(`CREATE DATABASE ${TEMPLATE} TEMPLATE kong`, 'postgres');
}

/** Puts the copy in the place of Kong's database, and removes whatever an upgrade left beside it. */
export async function restoreDatabase(postgres: Postgres): Promise<void> {
  const query = (sql: string) => postgres.query(sql, 'postgres');
  const left = await query(
    "SELECT datname AS name FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')",
  );
  for (const { name } of left) if (name !== TEMPLATE) await query(`DROP DATABASE "${String(name)}" WITH (FORCE)`);
  const roles = await query("SELECT rolname AS name FROM pg_roles WHERE rolname LIKE 'crossfade%'");
  for (const { name } of roles) await query(`DROP ROLE "${String(name)}"`);
  await query(`CREATE DATABASE kong TEMPLATE ${TEMPLATE} OWNER kong`);
  await query('CHECKPOINT');
}
