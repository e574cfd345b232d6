import type { LockHolder } from '../../domain/migrations/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { findKongSchema } from './kong-tables.ts';

/** Who holds locks on Kong's tables now, or waits for one that others queue behind. */
export interface LockHolders {
  read(database: DatabaseRef): Promise<LockHolder[]>;
}

// A transaction is known by its virtual id, which pg_locks shows to everybody; the rest of a foreign session is shown to those who may
// see it. A prepared transaction has no session, and is known by its lock on its own number.
const HOLDERS = `
  WITH held AS (
    SELECT l.pid, l.virtualtransaction AS tx, min(c.relname::text) AS "table", count(DISTINCT c.oid)::int AS tables,
           bool_or(NOT l.granted AND l.mode = ANY ($2)) AS waits
      FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
     WHERE l.locktype = 'relation' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
       AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND c.relkind IN ('r', 'p')
       AND l.pid IS DISTINCT FROM pg_backend_pid()
     GROUP BY l.pid, l.virtualtransaction)
  SELECT h.pid, h.tx, h."table", h.tables, h.waits, p.gid,
         coalesce(a.usename, p.owner)::text AS "user", nullif(a.application_name, '') AS application, host(a.client_addr) AS address,
         a.pid IS NOT NULL AND a.usename IS NULL AS worker,
         to_char(coalesce(a.xact_start, p.prepared) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since,
         (extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared)) * 1000)::float8 AS age
    FROM held h
    LEFT JOIN pg_stat_activity a ON a.pid = h.pid
    LEFT JOIN pg_locks t ON h.pid IS NULL AND t.pid IS NULL AND t.locktype = 'transactionid' AND t.virtualtransaction = h.tx
    LEFT JOIN pg_prepared_xacts p ON p.transaction = t.transactionid
   ORDER BY age DESC NULLS FIRST, h.pid`;

/** Locks that everybody who only reads or writes rows has to wait for, once they are asked for. */
const STRONG = ['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock'];

interface Row {
  readonly pid: number | null;
  readonly tx: string;
  readonly table: string;
  readonly tables: number;
  readonly waits: boolean;
  readonly gid: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly address: string | null;
  readonly worker: boolean;
  readonly since: string | null;
  readonly age: number | null;
}

export function createLockHolders(connect: Connect): LockHolders {
  return {
    // The administrator, where there is one, may be allowed to see more of a session.
    read: (database) =>
      withConnection(connect(database, { as: 'admin' }), async (client) => {
        const { name } = await findKongSchema(client);
        return (await client.query<Row>(HOLDERS, [name, STRONG])).rows.map(toHolder);
      }),
  };
}

function toHolder({ pid, tx, gid, user, application, address, since, age, table, tables, ...row }: Row): LockHolder {
  const id = gid ?? `${pid ?? 'prepared'} ${tx}`;
  return {
    id,
    kind: kindOf({ pid, application, ...row }),
    table,
    tables,
    ...(pid === null ? {} : { pid }),
    ...(user === null ? {} : { user }),
    ...(application === null ? {} : { application }),
    ...(address === null ? {} : { address }),
    ...(since === null ? {} : { since }),
    ...(age === null ? {} : { age }),
  };
}

function kindOf(row: Pick<Row, 'pid' | 'waits' | 'application' | 'worker'>): LockHolder['kind'] {
  if (row.waits) return 'waiting';
  if (row.pid === null) return 'prepared';
  if (row.application === 'pg_dump') return 'dump';
  return row.worker ? 'vacuum' : 'transaction';
}
