import type { ClientBase } from 'pg';
import type { UserSessions } from '../../domain/restore/obstacles.ts';
import { plainAddress } from '../../domain/sessions.ts';
import { APPLICATION_NAME } from './connect.ts';
import { CONTROL_NAME } from './kept-connection.ts';

interface Row extends UserSessions {
  readonly address: string;
}

/**
 * Who is in a database, as seen from another one: whatever PostgreSQL counts when it is asked to rename it, but for its own workers.
 * Without `ours`, Crossfade's own sessions are left out, unless they keep migrations or dumps apart by a lock.
 */
export async function usersOf(client: ClientBase, name: string, ours = false): Promise<UserSessions[]> {
  const { rows } = await client.query<Omit<Row, 'address'> & { address: string | null }>(
    `SELECT coalesce(a.usename::text, a.backend_type, '?') AS role, coalesce(a.application_name, '') AS application,
            CASE WHEN a.client_port = -1 THEN '[local]' ELSE host(a.client_addr) END AS address, count(*)::int AS count
       FROM pg_stat_activity a
      WHERE a.datname = $1 AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'parallel worker')
        AND ($2 OR starts_with(a.application_name, $3) IS NOT TRUE
             OR EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory'))
      GROUP BY 1, 2, 3
     UNION ALL
     SELECT owner::text, format('prepared transaction %s', gid), NULL, 1 FROM pg_prepared_xacts WHERE database = $1
      ORDER BY 1, 2, 3`,
    [name, ours, APPLICATION_NAME],
  );
  return rows.map(({ address, ...row }) => ({
    ...row,
    ...(address === null ? {} : { address: plainAddress(address) }),
  }));
}

/** Ends the connections that workers keep to a database that is frozen: they would be opened again, and hinder a rename. */
export async function endKeptConnections(client: ClientBase, name: string): Promise<void> {
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = $2',
    [name, CONTROL_NAME],
  );
}
