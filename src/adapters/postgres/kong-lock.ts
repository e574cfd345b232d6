import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import type { MigrationCommand } from './migration-record.ts';

/** Kong's own lock around migrations (a row of table `locks`), and who is connected. */
export interface KongLock {
  /** How many sessions a role has in Kong's database. */
  sessions(database: DatabaseRef, role: string): Promise<number>;
  /**
   * Removes Kong's lock row if it is that of a command which this upgrade began and which is dead: taken with our own time-out since
   * then. The caller holds the advisory lock and has seen no session of the migrator. `held`: somebody else's, still valid.
   */
  clearDead(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    command: MigrationCommand,
    lockTimeoutSeconds: number,
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

    clearDead: (database, upgrade, command, lockTimeoutSeconds) =>
      withConnection(connect(database), async (client) => {
        const cleared = await client.query(
          `DELETE FROM locks USING crossfade.migration AS mine
           WHERE key = 'migrations' AND mine.run_id = $1 AND mine.command = $2
             AND ttl - $3 * interval '1 second' BETWEEN begun_at - $4::interval AND now() + $4::interval`,
          [upgrade.runId, command, lockTimeoutSeconds, CLOCKS_DIFFER],
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
