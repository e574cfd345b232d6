import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';

export type Isolation = 'READ COMMITTED' | 'REPEATABLE READ';

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

/** How long locks are waited for in all, in milliseconds, before the activity fails and is tried again later. */
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
}

/**
 * A transaction that asks for strong locks without making others wait: short waits, growing pauses in between. Error
 * `GuardBusy` names who holds the locks.
 */
export async function inPatientTransaction<T>(
  client: ClientBase,
  { wait, what, tables }: LockPatience,
  work: () => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + BUDGET;
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
        throw new CrossfadeError('GuardBusy', `${what}: a lock was not free within ${BUDGET / 1000} s.${holders}`, {
          cause,
        });
      }
      await sleep(pause);
    }
  }
}

async function lockHolders(client: ClientBase, tables: readonly string[]): Promise<string> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT DISTINCT format('pid %s, user %s, application %s, %s, on %s since %s', a.pid, a.usename,
              coalesce(nullif(a.application_name, ''), '?'), coalesce(a.state, 'state hidden'), l.relation::regclass,
              coalesce(to_char(a.xact_start, 'HH24:MI:SS'), '?')) AS holder
       FROM pg_locks l JOIN pg_stat_activity a USING (pid)
      WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.relation = ANY (ARRAY(SELECT to_regclass(t) FROM unnest($1::text[]) AS t)::oid[]) AND l.pid <> pg_backend_pid()
      LIMIT 5`,
    [tables],
  );
  return rows.length === 0 ? '' : ` Held by: ${rows.map((row) => row.holder).join('; ')}.`;
}
