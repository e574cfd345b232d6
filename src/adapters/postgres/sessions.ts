import type { ClientBase } from 'pg';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { plainAddress, type DatabaseSessions } from '../../domain/sessions.ts';
import { APPLICATION_NAME, withConnection, type Connect } from './connect.ts';

export interface ServerSessions {
  /** In Kong's database, Crossfade's own left out. */
  readonly sessions: readonly DatabaseSessions[];
  /** Where Crossfade's session comes from, as the server sees it. */
  readonly ours: string;
}

export type ReadSessions = (database: DatabaseRef) => Promise<ServerSessions>;

interface Row {
  readonly pid: number;
  readonly role: string;
  readonly application: string;
  readonly address: string | null;
}

/**
 * Whoever is neither superuser nor a member of another role (nor of `pg_read_all_stats`) sees that role's sessions without their address:
 * so Kong's own role is asked, and `database.admin` where there is one.
 */
export const createReadSessions =
  (connect: Connect): ReadSessions =>
  async (database) => {
    const asKong = await withConnection(connect(database), async (client) => ({
      rows: await read(client),
      ours: await ownAddress(client),
    }));
    const asAdmin = database.admin === undefined ? [] : await withConnection(connect(database, { as: 'admin' }), read);
    // One that has come or gone between the two looks counts all the same.
    const all = new Map<number, Row>();
    for (const row of [...asKong.rows, ...asAdmin])
      if (typeof all.get(row.pid)?.address !== 'string') all.set(row.pid, row);
    return { sessions: grouped([...all.values()]), ours: asKong.ours };
  };

async function read(client: ClientBase): Promise<Row[]> {
  const { rows } = await client.query<Row>(
    `SELECT pid, usename::text AS role, coalesce(application_name, '') AS application,
            CASE WHEN client_port = -1 THEN '[local]' ELSE host(client_addr) END AS address
       FROM pg_stat_activity
      WHERE datname = current_database() AND usename IS NOT NULL AND starts_with(application_name, $1) IS NOT TRUE
        AND coalesce(backend_type, 'client backend') = 'client backend' AND pid <> pg_backend_pid()`,
    [APPLICATION_NAME],
  );
  return rows;
}

async function ownAddress(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ address: string }>(
    "SELECT coalesce(host(inet_client_addr()), '[local]') AS address",
  );
  return rows[0]?.address ?? '[local]';
}

function grouped(rows: readonly Row[]): DatabaseSessions[] {
  const groups = new Map<string, DatabaseSessions>();
  for (const { role, application, address } of rows) {
    const key = JSON.stringify([role, application, address]);
    const count = (groups.get(key)?.count ?? 0) + 1;
    groups.set(key, { role, application, ...(address === null ? {} : { address: plainAddress(address) }), count });
  }
  return [...groups.values()];
}
