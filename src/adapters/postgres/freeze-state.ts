import type { ClientBase } from 'pg';
import type { FreezeState } from '../../domain/configuration.ts';
import { isConfiguration, type TableUse } from '../../domain/tables.ts';
import { hasTable } from './crossfade-schema.ts';
import { MIGRATOR_ROLE, triggersOf } from './guard-sql.ts';
import { readKongSchema } from './kong-tables.ts';

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
  const triggers = await readTriggers(client);
  const { tables, writers } = await readKongSchema(client);
  const { rows } = await client.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_roles WHERE rolname = ${MIGRATOR_ROLE}`,
  );
  const enabled = [...triggers].flatMap(([key, on]) => (on ? [key.slice(0, key.lastIndexOf('/'))] : []));
  const guarded = new Set(enabled);
  const whole = tables
    .filter(({ use }) => isConfiguration(use))
    .every((table) => triggersOf(table).every(({ name }) => triggers.get(`${table.name}/${name}`) === true));
  const named = (use: TableUse) => tables.filter((table) => table.use === use).map(({ name }) => name);
  return {
    frozen: freeze !== undefined && !freeze.open && whole,
    guardedTables: guarded.size,
    unknownTables: named('looks-like-configuration').filter((name) => guarded.has(name)),
    unguardedTables: freeze === undefined ? [] : named('unknown'),
    nodeWriters: freeze === undefined ? [] : writers,
    ...(rows[0] === undefined ? {} : { migratorRole: rows[0].name }),
    ...(freeze === undefined
      ? {}
      : { since: freeze.since, cluster: freeze.cluster, workflowId: freeze.workflowId, runId: freeze.runId }),
  };
}

/** The guard's triggers that are there, by `table/trigger`: whether they are enabled. */
export async function readTriggers(client: ClientBase): Promise<Map<string, boolean>> {
  const { rows } = await client.query<{ key: string; enabled: boolean }>(
    `SELECT c.relname || '/' || t.tgname AS key, t.tgenabled IN ('O', 'A') AS enabled
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE t.tgfoid = to_regprocedure('crossfade.guard()')`,
  );
  return new Map(rows.map(({ key, enabled }) => [key, enabled]));
}
