import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { connect, sql } from '../kong-adapter/fixture.ts';

const fingerprints = createFingerprints(connect);

/** What differs from one database to the next without meaning anything. */
const mask = (value: unknown, database: DatabaseRef): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(database.name, '<database>')
      .replace(/crossfade_migrator_\d+/g, 'crossfade_migrator_<n>')
      .replace(/'\d+@\d+'/g, "'<here>'")
      .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d\.\d+Z)?/g, '<time>'),
  );

/** Everything that a freeze and migrations leave in a database and its server, ready to be compared. */
export async function stateOf(database: DatabaseRef): Promise<unknown> {
  const exists = async (table: string) =>
    (await sql(database, `SELECT to_regclass('${table}') AS it`))[0]?.['it'] !== null;
  const rowsOf = async (table: string, columns: string) =>
    (await exists(table)) ? sql(database, `SELECT ${columns} FROM ${table} ORDER BY 1`) : 'no table';
  const { whole, rows } = await fingerprints.compute(database);
  const state = {
    configuration: { whole, rows },
    migrations: await sql(database, 'SELECT subsystem, last_executed, executed, pending FROM schema_meta ORDER BY 1'),
    lock: await sql(database, 'SELECT key FROM locks WHERE ttl > now()'),
    triggers: await sql(
      database,
      `SELECT tgrelid::regclass::text AS table, tgname, tgenabled, pg_get_triggerdef(oid) AS definition FROM pg_trigger
        WHERE tgname LIKE 'crossfade%' ORDER BY 1, 2`,
    ),
    functions: await sql(
      database,
      "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = to_regnamespace('crossfade')::oid ORDER BY 1",
    ),
    freeze: await rowsOf('crossfade.freeze', 'cluster, workflow_id, run_id, opened_at'),
    baseline: await rowsOf(
      'crossfade.baseline_row',
      'count(*)::int AS rows, count(DISTINCT baseline)::int AS baselines',
    ),
    begun: await rowsOf('crossfade.migration', 'run_id, command, migrations'),
    owners: await sql(
      database,
      "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname IN ('public', 'crossfade') ORDER BY 1",
    ),
    roles: await sql(
      database,
      `SELECT rolname, rolcanlogin FROM pg_roles
        WHERE rolname = 'crossfade_migrator_' || (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ),
    advisory: await sql(
      database,
      `SELECT classid, objid FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    ),
  };
  return mask(state, database);
}
