import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { isHeldBy } from './advisory-lock.ts';
import { withConnection, type Connect } from './connect.ts';
import type { MigrationCommand } from './migration-record.ts';

/** Kong's own lock around migrations (a row of table `locks`), and who is connected. */
export interface KongLock {
  /** How many sessions a role has in Kong's database. */
  sessions(database: DatabaseRef, role: string): Promise<number>;
  /**
   * For a command without a role of its own: sessions of Kong's role that began after this upgrade began the command. They may be the
   * command's or a node's. `busy`: how many of them execute something that they began before `until` (the first look when absent).
   */
  sessionsSince(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    command: MigrationCommand,
    until?: string,
  ): Promise<{ sessions: number; busy: number; until?: string | undefined }>;
  /**
   * Removes Kong's lock row if it is that of a command which this upgrade began and which is dead: taken with our own time-out since
   * then, and only while the server's process `holder` has the advisory lock for migrations. The caller has seen no session of the
   * migrator. `held`: somebody else's, still valid.
   */
  clearDead(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    command: MigrationCommand,
    lockTimeoutSeconds: number,
    holder: number,
  ): Promise<'free' | 'cleared' | 'held'>;
  /** Whether somebody holds the lock. */
  held(database: DatabaseRef): Promise<boolean>;
}

/** The row's time comes from the clock of the host that runs `kong`. */
const CLOCKS_DIFFER = '5 seconds';

export function createKongLock(connect: Connect): KongLock {
  return {
    sessions: (database, role) =>
      withConnection(connect(database), async (client) => {
        const { rows } = await client.query<{ n: number }>(
          'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND usename = $1 AND pid <> pg_backend_pid()',
          [role],
        );
        return rows[0]?.n ?? 0;
      }),

    sessionsSince: (database, upgrade, command, until) =>
      withConnection(connect(database), async (client) => {
        const { rows } = await client.query<{ sessions: number; busy: number; until: string }>(
          `SELECT count(*)::int AS sessions, max(t.until) AS until,
                  count(*) FILTER (WHERE a.state <> 'idle' AND a.query_start <= t.until::timestamptz)::int AS busy
             FROM pg_stat_activity a, crossfade.migration m, (SELECT coalesce($3, clock_timestamp()::text) AS until) AS t
            WHERE m.run_id = $1 AND m.command = $2 AND a.backend_start >= m.begun_at AND a.datname = current_database()
              AND a.usename = current_user AND a.application_name NOT LIKE 'crossfade%'`,
          [upgrade.runId, command, until ?? null],
        );
        return { sessions: 0, busy: 0, ...rows[0], until: rows[0]?.until ?? until };
      }),

    clearDead: (database, upgrade, command, lockTimeoutSeconds, holder) =>
      withConnection(connect(database), async (client) => {
        const cleared = await client.query(
          `DELETE FROM locks USING crossfade.migration AS mine
           WHERE key = 'migrations' AND mine.run_id = $1 AND mine.command = $2
             AND ttl - $3 * interval '1 second' BETWEEN begun_at - $4::interval AND now() + $4::interval
             AND ${isHeldBy('$5')}`,
          [upgrade.runId, command, lockTimeoutSeconds, CLOCKS_DIFFER, holder],
        );
        if ((cleared.rowCount ?? 0) > 0) return 'cleared';
        return (await isHeld(client)) ? 'held' : 'free';
      }),

    held: (database) => withConnection(connect(database), isHeld),
  };
}

async function isHeld(client: { query(sql: string): Promise<{ rowCount: number | null }> }): Promise<boolean> {
  const { rowCount } = await client.query("SELECT FROM locks WHERE key = 'migrations' AND ttl > now()");
  return rowCount === 1;
}
