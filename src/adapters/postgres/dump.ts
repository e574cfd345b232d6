import type { ClientBase } from 'pg';
import type { DumpFacts } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { outputOf, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';
import type { AdvisoryLock } from './advisory-lock.ts';
import { withConnection, type Connect } from './connect.ts';
import { requireDumpAccount } from './dump-account.ts';
import { readDumpFacts } from './dump-facts.ts';
import { patternOf, readDumpScope } from './dump-scope.ts';
import { permitted } from './permitted.ts';
import { programEnvironment } from './program-environment.ts';
import type { PostgresPrograms } from './programs.ts';
import { inTransaction, NO_TIMEOUTS } from './transaction.ts';

/** A dump while `pg_dump` makes it, in PostgreSQL's custom format, not compressed. */
export interface RunningDump {
  /** Throws `DumpFailed` instead of ending when `pg_dump` fails, so that nothing half is stored. */
  readonly content: AsyncIterable<Uint8Array>;
  /** A guess of its bytes. */
  readonly estimate: number;
  /** Of the dump's own snapshot, read beside it. */
  readonly facts: Promise<DumpFacts>;
}

/** Dumps of Kong's database. */
export interface DatabaseDump {
  /**
   * Gives the dump to `store` while it is made, by an account that can read everything. Never beside a migration: error `MigrationLockHeld`. Others: `TableNotLeftOut`,
   * `DatabaseNotPermitted`, `ProgramMissing`, and those of `store`. When it returns or throws, `pg_dump` has ended.
   */
  run<T>(
    database: DatabaseRef,
    what: { readonly cluster: string; readonly leaveOut: readonly string[] },
    store: (dump: RunningDump) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
}

/** Milliseconds that `pg_dump` waits for a table that somebody else has locked. */
const LOCK_WAIT = 30_000;

// Crossfade's tables stay out; the schema with the guard's function goes along, because the triggers of a frozen database
// need it: without it every `pg_restore` would report errors. In a copy the guard lets everything pass by itself, so a dump
// taken while frozen gives a database that takes writes, whoever restores it. `DROP SCHEMA crossfade CASCADE` removes the
// rest there; our own restore does that. What compresses it comes afterwards: it does so better, and on another processor.
const ARGUMENTS = [
  '--format=custom',
  '--compress=0',
  '--no-password',
  // Only a superuser's dump would have them, and a copy must not begin to replicate.
  '--no-subscriptions',
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
    run: (database, { cluster, leaveOut }, store, signal) =>
      lock.share(database, cluster, async (lost) => {
        const account = await requireDumpAccount(connect, database);
        return withConnection(connect(account.database, { as: account.as }), async (client) => {
          const program = await programs.find('pg_dump', await serverMajor(client));
          const lend = async () => {
            // This transaction lends its snapshot, and nothing may end it while the dump runs.
            await client.query(`${NO_TIMEOUTS}; SET LOCAL lock_timeout = ${LOCK_WAIT}`);
            const { leftOut, estimate } = await readDumpScope(client, leaveOut);
            const { rows } = await client.query<{ snapshot: string }>('SELECT pg_export_snapshot() AS snapshot');
            const left = leftOut.map((table) => `--exclude-table-data=${patternOf(table)}`);
            const argv = [program.path, ...ARGUMENTS, ...left, `--snapshot=${rows[0]?.snapshot}`];
            const ended = new AbortController();
            const content = pgDump(
              argv,
              programEnvironment(secrets, account.database, path, account.as),
              AbortSignal.any([signal, lost, ended.signal]),
            );
            const facts = permitted(
              () => readDumpFacts(client, leftOut),
              (refusal) => `${account.user} can't read everything in ${database.name}: ${refusal}.`,
            ).then((read) => ({ ...read, program: program.version }));
            facts.catch((error: unknown) => ended.abort(error));
            try {
              return await store({ content, estimate, facts });
            } catch (error) {
              // Whatever is still being counted is not waited for.
              await client.end().catch(() => undefined);
              throw error;
            } finally {
              ended.abort();
              await content.return(undefined).catch(() => undefined);
            }
          };
          return inTransaction(client, lend, 'REPEATABLE READ');
        });
      }),
  };
}

/** Somebody took the right away since the account was chosen. Said so where the server speaks English. */
const NOT_PERMITTED = /permission denied|affected by row-level security/;

async function* pgDump(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    yield* outputOf(argv, { env, signal });
  } catch (cause) {
    if (!(cause instanceof ProgramFailed)) throw cause;
    const code = NOT_PERMITTED.test(cause.message) ? 'DatabaseNotPermitted' : 'DumpFailed';
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
