import type { ClientBase } from 'pg';
import type { FreezeState } from '../../domain/configuration.ts';
import { hasTable } from './crossfade-schema.ts';
import { MIGRATOR_ROLE } from './guard-sql.ts';
import { configurationTables, readKongSchema } from './kong-tables.ts';

/** The freeze as it is written down in the database. */
export interface Freeze {
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  /** ISO 8601. */
  readonly since: string;
  /** A migration command is let pass right now, or its end was never seen. */
  readonly open: boolean;
}

export async function readFreeze(client: ClientBase): Promise<Freeze | undefined> {
  if (!(await hasTable(client, 'freeze'))) return undefined;
  const { rows } = await client.query<{
    cluster: string;
    workflow_id: string;
    run_id: string;
    since: Date;
    open: boolean;
  }>('SELECT cluster, workflow_id, run_id, since, opened_at IS NOT NULL AS open FROM crossfade.freeze');
  const row = rows[0];
  if (row === undefined) return undefined;
  const { cluster, workflow_id: workflowId, run_id: runId, since, open } = row;
  return { cluster, workflowId, runId, since: since.toISOString(), open };
}

/** Who froze the configuration, read from what really stands in the database. */
export async function readState(client: ClientBase): Promise<FreezeState> {
  const freeze = await readFreeze(client);
  const guarded = await guardedTables(client);
  const tables = configurationTables(await readKongSchema(client));
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ${MIGRATOR_ROLE}`,
  );
  const unknown = tables.filter(({ use, name }) => use === 'looks-like-configuration' && guarded.has(name));
  return {
    frozen: freeze !== undefined && !freeze.open && tables.every(({ name }) => guarded.has(name)),
    guardedTables: guarded.size,
    unknownTables: unknown.map(({ name }) => name),
    ...(rows[0] === undefined ? {} : { migratorRole: rows[0].name }),
    ...(freeze === undefined
      ? {}
      : { since: freeze.since, cluster: freeze.cluster, workflowId: freeze.workflowId, runId: freeze.runId }),
  };
}

async function guardedTables(client: ClientBase): Promise<Set<string>> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE t.tgfoid = to_regprocedure('crossfade.guard()')
      GROUP BY c.relname HAVING bool_and(t.tgenabled IN ('O', 'A'))`,
  );
  return new Set(rows.map(({ name }) => name));
}
