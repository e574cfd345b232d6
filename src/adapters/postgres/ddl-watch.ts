import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { findKongSchema } from './kong-tables.ts';

/**
 * How long a migration waits for one lock, in milliseconds: that long the queries of every node may wait behind it. Shorter than
 * `deadlock_timeout` (1 s), so that in a deadlock it is never a node that loses.
 */
export const MIGRATION_LOCK_WAIT = 300;

/** What `lock_timeout` does, for a command whose role has none: cancels a migration's statement that waits for too long. */
export interface DdlWatch {
  /**
   * Watches sessions of Kong's role that began after this call, until `command` has ended. `cancelled`: how many statements were
   * cancelled. The command goes on whatever happens to the watch.
   */
  during<T>(database: DatabaseRef, command: () => Promise<T>): Promise<{ result: T; cancelled: number }>;
}

const EVERY = 75;

/**
 * Sessions that wait for any lock while they hold or want one, on a table of Kong, that others queue behind. A node's own queries want
 * no such lock.
 */
const WAITING = `
  SELECT DISTINCT a.pid, coalesce(w.relation::text, w.locktype) AS "for"
    FROM pg_stat_activity a
    JOIN pg_locks w ON w.pid = a.pid AND NOT w.granted
    JOIN pg_locks s ON s.pid = a.pid AND s.mode IN ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock')
    JOIN pg_class c ON c.oid = s.relation AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1)
   WHERE a.datname = current_database() AND a.usename = current_user AND a.backend_start >= $2::timestamptz
     AND a.application_name NOT LIKE 'crossfade%' AND s.locktype = 'relation'
     AND s.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

export function createDdlWatch(connect: Connect): DdlWatch {
  return {
    during: (database, command) =>
      withConnection(connect(database), async (client) => {
        const { name } = await findKongSchema(client);
        const { rows } = await client.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
        const ended = new AbortController();
        const watching = watch(client, name, rows[0]?.now ?? '', ended.signal);
        try {
          const result = await command();
          ended.abort();
          return { result, cancelled: await watching };
        } finally {
          ended.abort();
          await watching;
        }
      }),
  };
}

async function watch(client: ClientBase, schema: string, since: string, ended: AbortSignal): Promise<number> {
  let cancelled = 0;
  let waiting = new Map<string, number>();
  while (!ended.aborted) {
    try {
      const { rows } = await client.query<{ pid: number; for: string }>(WAITING, [schema, since]);
      const now = performance.now();
      const earlier = waiting;
      waiting = new Map(rows.map((row) => [`${row.pid} ${row.for}`, earlier.get(`${row.pid} ${row.for}`) ?? now]));
      for (const row of rows) {
        const begun = waiting.get(`${row.pid} ${row.for}`) ?? now;
        if (now - begun < MIGRATION_LOCK_WAIT - EVERY) continue;
        await client.query('SELECT pg_cancel_backend($1)', [row.pid]);
        cancelled += 1;
      }
    } catch {
      // Without a connection nobody can be cancelled; the command's own connection has most likely gone with it.
      return cancelled;
    }
    await sleep(EVERY, undefined, { signal: ended }).catch(() => undefined);
  }
  return cancelled;
}
