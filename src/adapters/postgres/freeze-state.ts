import type { ClientBase } from 'pg';
import type { FreezeState } from '../../domain/configuration.ts';
import { isConfiguration, type TableUse } from '../../domain/tables.ts';
import { hasTable } from './crossfade-schema.ts';
import { readInstalled } from './guard-function.ts';
import { MIGRATOR_ROLE, TRIGGER_DEFINITION, triggersOf } from './guard-sql.ts';
import { readKongSchema, type KongTable } from './kong-tables.ts';

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
  // What another function than Crossfade's stands behind guards nothing.
  const whole = freeze === undefined || freeze.open || (await readInstalled(client, freeze));
  const guarded = new Set(
    whole ? [...triggers].flatMap(([key, { enabled }]) => (enabled ? [key.slice(0, key.lastIndexOf('/'))] : [])) : [],
  );
  const everywhere = tables.filter(({ use }) => isConfiguration(use)).every((table) => isGuarded(table, triggers));
  const named = (use: TableUse) => tables.filter((table) => table.use === use).map(({ name }) => name);
  return {
    frozen: freeze !== undefined && !freeze.open && whole && everywhere,
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

export interface PresentTrigger {
  readonly enabled: boolean;
  /** To be compared with that of `triggersOf`. */
  readonly definition: string;
}

/** The guard's triggers that are there, by `table/trigger`. */
export async function readTriggers(client: ClientBase): Promise<Map<string, PresentTrigger>> {
  const { rows } = await client.query<{ key: string } & PresentTrigger>(
    `SELECT c.relname || '/' || t.tgname AS key, t.tgenabled IN ('O', 'A') AS enabled,
            coalesce(${TRIGGER_DEFINITION}, '') AS definition
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE t.tgfoid = to_regprocedure('crossfade.guard()')`,
  );
  return new Map(rows.map(({ key, ...trigger }) => [key, trigger]));
}

/** Every trigger that the table needs is there, enabled and as it was made. */
export const isGuarded = (table: KongTable, present: ReadonlyMap<string, PresentTrigger>): boolean =>
  triggersOf(table).every(({ name, definition }) => {
    const found = present.get(`${table.name}/${name}`);
    return found?.enabled === true && found.definition === definition;
  });
