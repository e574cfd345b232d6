import { subsystems, type KongVersion, type Subsystem } from '../schema/versions.ts';
import { DatabaseError, type Connection } from './connection.ts';
import { KongError } from '../settings.ts';

/** Migrations by what this release thinks of them; names in the database that it does not know are ignored. */
export interface MigrationState {
  readonly needsBootstrap: boolean;
  readonly executed: readonly Subsystem[];
  readonly pending: readonly Subsystem[];
  readonly fresh: readonly Subsystem[];
  readonly missing: readonly Subsystem[];
}

interface MetaRow {
  readonly subsystem: string;
  readonly last_executed: string | null;
  readonly executed: string[] | null;
  readonly pending: string[] | null;
}

type Kind = 'executed' | 'pending' | 'fresh' | 'missing';

function judge({ migrations }: Subsystem, row: MetaRow | undefined): (name: string) => Kind {
  const executed = new Set(row?.executed ?? []);
  const pending = new Set(row?.pending ?? []);
  const last = migrations.indexOf(row?.last_executed ?? '');
  return (name) => {
    if (executed.has(name)) return 'executed';
    if (pending.has(name)) return 'pending';
    return migrations.indexOf(name) < last ? 'missing' : 'fresh';
  };
}

function sort(known: readonly Subsystem[], rows: readonly MetaRow[]): Record<Kind, Subsystem[]> {
  const sorted: Record<Kind, Subsystem[]> = { executed: [], pending: [], fresh: [], missing: [] };
  for (const subsystem of known) {
    const kindOf = judge(
      subsystem,
      rows.find((row) => row.subsystem === subsystem.name),
    );
    for (const kind of ['executed', 'pending', 'fresh', 'missing'] as const) {
      const migrations = subsystem.migrations.filter((name) => kindOf(name) === kind);
      if (migrations.length > 0) sorted[kind].push({ name: subsystem.name, migrations });
    }
  }
  return sorted;
}

/** Reads what the database has been through. Throws {@link KongError}. */
export async function migrationState(
  db: Connection,
  version: KongVersion,
  plugins: ReadonlyMap<string, number>,
): Promise<MigrationState> {
  const known = subsystems(version, new Set(plugins.keys()));
  try {
    const table = await db.query<{ name: string | null }>(
      `SELECT to_regclass(quote_ident(current_schema()) || '.schema_meta')::text AS name`,
    );
    if (table.rows[0]?.name === null)
      return { needsBootstrap: true, executed: [], pending: [], fresh: known, missing: [] };
    const { rows } = await db.query<MetaRow>(
      `SELECT subsystem, last_executed, executed, pending FROM schema_meta WHERE key = 'schema_meta'`,
    );
    return { needsBootstrap: false, ...sort(known, rows) };
  } catch (error) {
    if (error instanceof DatabaseError) throw new KongError(`[PostgreSQL error] ${error.message}`);
    throw error;
  }
}
