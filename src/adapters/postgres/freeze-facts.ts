import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';
import type { Seal } from '../../activities/contract.ts';
import type { FreezeState } from '../../domain/configuration.ts';
import { readFreeze, readState } from './freeze-state.ts';
import { REFUSED } from './guard-sql.ts';
import { unguarded } from './guard-fault.ts';
import { configurationTables, readKongSchema } from './kong-tables.ts';

/** All that Kong's database knows of a freeze, for people who have nothing else to ask. */
export interface FreezeFacts extends FreezeState {
  /** The guard's function is there: something is left to be lifted, frozen or not. */
  readonly guard: boolean;
  /** It refuses writes, whatever else Crossfade's tables say. */
  readonly refuses: boolean;
  /** How many tables the guard should stand on, and those that it does not stand on. */
  readonly configurationTables: number;
  readonly missing: readonly string[];
  /** The guard lets everything pass, for a migration command without a role of its own whose end was not seen. */
  readonly open: boolean;
  /** The role that the guard lets pass, whether it may log on now, and how many sessions it has. */
  readonly migrator?: { readonly role: string; readonly mayLogOn: boolean; readonly sessions: number };
  /** The open seal, of whatever cluster. */
  readonly seal?: Seal;
  /** Commands that the upgrade which froze it has begun. */
  readonly begun: readonly string[];
  /** Migrations that wait for `finish`. */
  readonly pending: number;
  /** Roles that an upgrade does not let log on. */
  readonly lockedOut: readonly string[];
  /** Who lifted a freeze by hand last. */
  readonly lastThaw?: string;
}

export async function readFreezeFacts(client: ClientBase): Promise<FreezeFacts> {
  const state = await readState(client);
  const schema = await readKongSchema(client);
  const tables = configurationTables(schema);
  const first = async <T extends object>(sql: string, values: readonly unknown[] = []): Promise<T | undefined> =>
    (await client.query<T>(sql, [...values])).rows[0];
  const listed = async (table: string, sql: string, values: readonly unknown[] = []): Promise<string[]> =>
    (await isThere(client, table))
      ? (await client.query<{ name: string }>(sql, [...values])).rows.map((row) => row.name)
      : [];

  const guard = await first<{ refuses: boolean }>(
    "SELECT strpos(prosrc, $1) > 0 AS refuses FROM pg_proc WHERE oid = to_regprocedure('crossfade.guard()')",
    [REFUSED],
  );
  const pending = await first<{ n: number }>(
    `SELECT coalesce(sum(cardinality(pending)), 0)::int AS n FROM ${escapeIdentifier(schema.name)}.schema_meta`,
  );
  const thaw = await first<{ text: string | null }>(
    "SELECT obj_description(oid, 'pg_namespace') AS text FROM pg_namespace WHERE nspname = 'crossfade'",
  );
  const migrator =
    state.migratorRole === undefined
      ? undefined
      : await first<NonNullable<FreezeFacts['migrator']>>(
          `SELECT rolname AS role, rolcanlogin AS "mayLogOn",
                  (SELECT count(*)::int FROM pg_stat_activity WHERE usename = rolname) AS sessions
             FROM pg_roles WHERE rolname = $1`,
          [state.migratorRole],
        );
  const seal = await readOpenSeal(client);
  const begunBy = 'SELECT command AS name FROM crossfade.migration WHERE run_id = $1 ORDER BY begun_at';
  return {
    ...state,
    guard: guard !== undefined,
    refuses: guard?.refuses === true && state.guardedTables > 0,
    configurationTables: tables.length,
    missing: await unguarded(client),
    open: (await readFreeze(client))?.open === true,
    ...(migrator === undefined ? {} : { migrator }),
    ...(seal === undefined ? {} : { seal }),
    begun: await listed('migration', begunBy, [state.runId]),
    pending: pending?.n ?? 0,
    lockedOut: await listed('lock_out', 'SELECT role AS name FROM crossfade.lock_out ORDER BY 1'),
    ...(thaw?.text ? { lastThaw: thaw.text } : {}),
  };
}

/** Leaves behind who lifted the freeze by hand, where the next one looks: the comment of schema `crossfade`. */
export async function writeLastThaw(client: ClientBase, text: string): Promise<void> {
  await client.query(`COMMENT ON SCHEMA crossfade IS ${escapeLiteral(text)}`);
}

async function readOpenSeal(client: ClientBase): Promise<Seal | undefined> {
  if (!(await isThere(client, 'seal'))) return undefined;
  const { rows } = await client.query<{ cluster: string; id: string; run: string; by: string[]; at: Date }>(
    `SELECT cluster, workflow_id AS id, run_id AS run, approved_by AS by, sealed_at AS at
       FROM crossfade.seal WHERE closed_at IS NULL`,
  );
  return rows.map(({ cluster, id, run, by, at }) => ({
    cluster,
    workflowId: id,
    runId: run,
    approvedBy: by,
    sealedAt: at.toISOString(),
    closed: false,
  }))[0];
}

async function isThere(client: ClientBase, table: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT FROM pg_class WHERE oid = to_regclass($1)', [`crossfade.${table}`]);
  return rowCount === 1;
}
