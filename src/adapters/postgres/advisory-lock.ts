import type { Client, ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Connect } from './connect.ts';

/**
 * Keeps migrations of one database apart from each other and from dumps, whoever starts them. PostgreSQL drops the lock
 * with its connection, so a crash leaves nothing behind.
 */
export interface AdvisoryLock {
  /**
   * For a migration: nobody else holds it meanwhile. `lost` aborts when the connection, and so the lock, is gone before `use` has
   * ended; `holder` is the server's process that holds it. Error `MigrationLockHeld`.
   */
  hold<T>(database: DatabaseRef, cluster: string, use: (lost: AbortSignal, holder: number) => Promise<T>): Promise<T>;
  /** For a dump: others may dump too, nobody may migrate. Error `MigrationLockHeld`. */
  share<T>(database: DatabaseRef, cluster: string, use: (lost: AbortSignal) => Promise<T>): Promise<T>;
}

/** Of the database, whatever the cluster is called in a plan: two names for one database must meet here. */
const KEY = `${0x43_46}, 1`;

/** SQL: the lock is held for a migration by the process whose number is this expression. */
export const isHeldBy = (pid: string): string =>
  `EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock' AND pid = ${pid}
             AND (classid, objid) = (${KEY}) AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`;

export function createAdvisoryLock(connect: Connect): AdvisoryLock {
  async function locked<T>(
    database: DatabaseRef,
    label: string,
    shared: boolean,
    use: (lost: AbortSignal, holder: number) => Promise<T>,
  ): Promise<T> {
    const client = await connect(database);
    const lost = new AbortController();
    client.on('end', () => {
      const what = `PostgreSQL ended the session that held the advisory lock of ${database.name}.`;
      lost.abort(new CrossfadeError('DatabaseUnreachable', what));
    });
    try {
      await client.query("SELECT set_config('application_name', $1, false)", [label]);
      const { rows } = await client.query<{ got: boolean; pid: number }>(
        `SELECT pg_try_advisory_lock${shared ? '_shared' : ''}(${KEY}) AS got, pg_backend_pid() AS pid`,
      );
      const [row] = rows;
      if (row?.got !== true) throw await lockHeld(client, database);
      return await use(lost.signal, row.pid);
    } finally {
      await end(client);
    }
  }

  return {
    hold: (database, cluster, use) => locked(database, `crossfade migration ${cluster}`, false, use),
    share: (database, cluster, use) => locked(database, `crossfade dump ${cluster}`, true, use),
  };
}

const end = (client: Client): Promise<void> => client.end().catch(() => undefined);

async function lockHeld(client: ClientBase, database: DatabaseRef): Promise<CrossfadeError> {
  const { rows } = await client.query<{ holder: string }>(
    `SELECT format('pid %s, user %s, application %s, connected since %s', l.pid, a.usename,
              coalesce(nullif(a.application_name, ''), '?'), coalesce(to_char(a.backend_start, 'YYYY-MM-DD HH24:MI:SS'), '?')) AS holder
       FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
      WHERE l.locktype = 'advisory' AND l.granted AND (l.classid, l.objid) = (${KEY})
        AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  );
  const holders =
    rows.length === 0 ? 'It was let go meanwhile' : `Held by: ${rows.map(({ holder }) => holder).join('; ')}`;
  const message = `The advisory lock for migrations and dumps of database ${database.name} is taken. ${holders}.`;
  return new CrossfadeError('MigrationLockHeld', message);
}
