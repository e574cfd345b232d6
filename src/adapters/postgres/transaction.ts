import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ';

/**
 * SQL: nothing ends this transaction because it takes long, whatever is set for the role or the database. Not every server knows
 * every one of these.
 */
export const NO_TIMEOUTS = `SELECT set_config(name, '0', true) FROM pg_settings
  WHERE name IN ('idle_in_transaction_session_timeout', 'statement_timeout', 'transaction_timeout')`;

const READ_ONLY = '25006';

/** Runs `work` in a transaction of its own: committed when it returns, rolled back when it throws. Error `DatabaseReadOnly`. */
export async function inTransaction<T>(
  client: ClientBase,
  work: () => Promise<T>,
  isolation: Isolation = 'READ COMMITTED',
): Promise<T> {
  await client.query(`BEGIN ISOLATION LEVEL ${isolation}`);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    if ((error as { code?: string }).code !== READ_ONLY) throw error;
    throw new CrossfadeError('DatabaseReadOnly', `PostgreSQL takes no writes: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

/** Runs `work` in a transaction that is always rolled back. */
export async function rolledBack<T>(client: ClientBase, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** How long locks are waited for in all unless it is said otherwise, in milliseconds. */
const BUDGET = 30_000;
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 2_000;

// Lock not available, deadlock, and two sessions that change the same catalogue row at once.
const BUSY = new Set(['55P03', '40P01', 'XX000']);

export interface LockPatience {
  /**
   * One wait for a lock, in milliseconds: others queue behind it. Shorter than `deadlock_timeout` (1 s), so that in a
   * deadlock it is never the other one who loses.
   */
  readonly wait: number;
  /** For the message: what could not be done. */
  readonly what: string;
  /** Tables whose locks are asked for, quoted. */
  readonly tables: readonly string[];
  /** How long it is tried in all, in milliseconds; once at least. */
  readonly within?: number;
}

/**
 * A transaction that asks for strong locks without making others wait: short waits, growing pauses in between. Error
 * `GuardBusy` names who holds the locks.
 */
export async function inPatientTransaction<T>(
  client: ClientBase,
  { wait, what, tables, within = BUDGET }: LockPatience,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + within;
  for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await inTransaction(client, async () => {
        await client.query(`SET LOCAL lock_timeout = ${wait}`);
        return work();
      });
    } catch (cause) {
      if (!BUSY.has((cause as { code?: string }).code ?? '')) throw cause;
      if (performance.now() > deadline) {
        const holders = await lockHolders(client, tables);
        throw new CrossfadeError(
          'GuardBusy',
          `${what}: a lock was not free within ${Math.ceil(within / 1000)} s.${holders}`,
          {
            cause,
          },
        );
      }
      await sleep(pause);
    }
  }
}

// A prepared transaction has no session, and is known by its lock on its own number.
async function lockHolders(client: ClientBase, tables: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT DISTINCT format(CASE WHEN l.pid IS NULL THEN 'prepared transaction %2$s, user %3$s, on %6$s since %7$s'
                                 ELSE 'pid %1$s, user %3$s, application %4$s, %5$s, on %6$s since %7$s' END,
              l.pid, coalesce(p.gid, '?'), coalesce(a.usename, p.owner), coalesce(nullif(a.application_name, ''), '?'),
              coalesce(a.state, 'state hidden'), coalesce(l.relation::regclass::text, 'the advisory lock of Crossfade'),
              coalesce(to_char(coalesce(a.xact_start, p.prepared), 'HH24:MI:SS'), '?')) AS holder
       FROM pg_locks l
       LEFT JOIN pg_stat_activity a ON a.pid = l.pid
       LEFT JOIN pg_locks x ON l.pid IS NULL AND x.pid IS NULL AND x.locktype = 'transactionid' AND x.virtualtransaction = l.virtualtransaction
       LEFT JOIN pg_prepared_xacts p ON p.transaction = x.transactionid
      WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (l.relation = ANY (ARRAY(SELECT to_regclass(t) FROM unnest($1::text[]) AS t)::oid[])
             OR (l.locktype = 'advisory' AND (l.classid, l.objid, l.objsubid) = (${0x43_46}, 0, 2)))
        AND l.pid IS DISTINCT FROM pg_backend_pid()
      LIMIT 5`,
    [tables],
  );
  return rows.length === 0 ? '' : ` Held by: ${rows.map((row) => row.holder).join('; ')}.`;
}
