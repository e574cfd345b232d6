import type { ClientBase } from 'pg';
import type { DumpFacts } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { outputOf, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';
import type { AdvisoryLock } from './advisory-lock.ts';
import { withConnection, type Connect } from './connect.ts';
import { readDumpFacts } from './dump-facts.ts';
import { programEnvironment } from './program-environment.ts';
import type { PostgresPrograms } from './programs.ts';
import { inTransaction } from './transaction.ts';

/** Dumps of Kong's database, in PostgreSQL's custom format. */
export interface DatabaseDump {
  /**
   * Gives the dump to `store` while `pg_dump` makes it. Never beside a migration: error `MigrationLockHeld`. The stream throws
   * `DumpFailed` instead of ending when `pg_dump` fails, so nothing half is stored. The facts are of the dump's own
   * snapshot.
   */
  run<T>(
    database: DatabaseRef,
    cluster: string,
    store: (dump: AsyncIterable<Uint8Array>, facts: DumpFacts) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
}

/** Milliseconds that `pg_dump` waits for a table that somebody else has locked. */
const LOCK_WAIT = 30_000;

// Crossfade's tables stay out; the schema with the guard's function goes along, because the triggers of a frozen database
// need it: without it every `pg_restore` would report errors. In a copy the guard lets everything pass by itself, so a dump
// taken while frozen gives a database that takes writes, whoever restores it. `DROP SCHEMA crossfade CASCADE` removes the
// rest there; our own restore does that.
const ARGUMENTS = [
  '--format=custom',
  '--no-password',
  '--exclude-table=crossfade.*',
  `--lock-wait-timeout=${LOCK_WAIT}`,
];

export function createDatabaseDump(deps: {
  connect: Connect;
  secrets: Secrets;
  programs: PostgresPrograms;
  lock: AdvisoryLock;
  path: string;
}): DatabaseDump {
  const { connect, secrets, programs, lock, path } = deps;
  return {
    run: (database, cluster, store, signal) =>
      lock.share(database, cluster, (lost) =>
        withConnection(connect(database), async (client) => {
          const program = await programs.find('pg_dump', await serverMajor(client));
          return inTransaction(
            client,
            async () => {
              // This transaction only lends its snapshot; nothing may end it while the dump runs.
              await client.query('SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0');
              const { rows } = await client.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
              const facts = { ...(await readDumpFacts(client)), program: program.version };
              const argv = [program.path, ...ARGUMENTS, `--snapshot=${rows[0]?.snapshot}`];
              const env = programEnvironment(secrets, database, path);
              return store(pgDump(argv, env, AbortSignal.any([signal, lost])), facts);
            },
            'REPEATABLE READ',
          );
        }),
      ),
  };
}

async function* pgDump(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    yield* outputOf(argv, { env, signal });
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    const code = /permission denied/.test(cause.message) ? 'DatabaseNotPermitted' : 'DumpFailed';
    throw new CrossfadeError(code, `pg_dump failed: ${cause.message}`, { cause });
  }
}

/** Major version of the server: programs must be that new. */
export async function serverMajor(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  return Math.floor((rows[0]?.version ?? 0) / 10_000);
}
