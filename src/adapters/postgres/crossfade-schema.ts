import { escapeIdentifier, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';

// What Crossfade keeps in Kong's database. A dump takes the tables along empty.
const TABLES = `
  CREATE TABLE IF NOT EXISTS crossfade.freeze (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    cluster text NOT NULL,
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    -- Set while the guard lets everything pass for a migration command that has no role of its own.
    opened_at timestamptz
  );
  CREATE TABLE IF NOT EXISTS crossfade.baseline (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster text NOT NULL,
    run_id text NOT NULL,
    label text NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    whole text
  );
  CREATE TABLE IF NOT EXISTS crossfade.baseline_table (
    baseline bigint NOT NULL REFERENCES crossfade.baseline ON DELETE CASCADE,
    name text NOT NULL,
    columns text[] NOT NULL,
    rows bigint NOT NULL,
    hash numeric NOT NULL,
    PRIMARY KEY (baseline, name)
  );
  -- One row per entity: hashes only, and the name by which people know it.
  CREATE TABLE IF NOT EXISTS crossfade.baseline_row (
    baseline bigint NOT NULL,
    table_name text NOT NULL,
    id text NOT NULL,
    name text,
    hash bigint NOT NULL,
    fields int[] NOT NULL,
    nested jsonb
  );
  CREATE TABLE IF NOT EXISTS crossfade.seal (
    cluster text NOT NULL,
    workflow_id text NOT NULL,
    run_id text PRIMARY KEY,
    approved_by text[] NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz
  );
  CREATE UNIQUE INDEX IF NOT EXISTS one_open_seal ON crossfade.seal ((true)) WHERE closed_at IS NULL`;

/**
 * Makes sure that schema `crossfade` is there, made by Kong's own role or, where that may not, by the plan's `database.admin`.
 * Error `DatabaseNotPermitted`.
 */
export async function ensureCrossfadeSchema(connect: Connect, database: DatabaseRef): Promise<void> {
  await withConnection(connect(database), async (client) => {
    const { rows } = await client.query<{ there: boolean; may: boolean; name: string; me: string }>(`
      SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'crossfade') AS there,
             has_database_privilege(current_database(), 'CREATE') AS may, current_database() AS name, current_user AS me`);
    const { there, may, name, me } = rows[0] ?? { there: false, may: false, name: database.name, me: database.user };
    if (there) return;
    const grant = `GRANT CREATE ON DATABASE ${escapeIdentifier(name)} TO ${escapeIdentifier(me)}`;
    // Two workers may do this at the same time; the one that comes second has nothing to do.
    const create = `CREATE SCHEMA IF NOT EXISTS crossfade AUTHORIZATION ${escapeIdentifier(me)}`;
    if (may) await client.query(create);
    else if (database.admin === undefined) {
      const message = `The role ${me} may not create schema crossfade in database ${name}. An administrator runs: ${grant}.`;
      throw new CrossfadeError('DatabaseNotPermitted', message);
    } else await withConnection(connect(database, { as: 'admin' }), (admin) => admin.query(create));
  });
}

const NAMES = [...TABLES.matchAll(/CREATE TABLE IF NOT EXISTS (\S+)/g)].map(([, name]) => name);

/** Creates the tables that are missing. Inside the caller's transaction. */
export async function ensureTables(client: ClientBase): Promise<void> {
  const missing = 'SELECT FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL';
  const { rowCount } = await client.query(missing, [NAMES]);
  if (rowCount !== 0) await client.query(TABLES);
}

/** Whether a table of schema `crossfade` is there; for readers, which must not create anything. */
export async function hasTable(
  client: ClientBase,
  name: 'freeze' | 'baseline' | 'seal' | 'migration',
): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
    `crossfade.${name}`,
  ]);
  return rows[0]?.there === true;
}
