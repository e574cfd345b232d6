import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema } from './crossfade-schema.ts';

export type MigrationCommand = 'up' | 'finish';

/** What this upgrade has begun to migrate, kept in the database that it migrates, so that later attempts know their own. */
export interface MigrationRecord {
  /** The migrations that the command had before it when this upgrade first began it; `undefined` when it never did. */
  begun(
    database: DatabaseRef,
    upgrade: Pick<UpgradeRef, 'runId'>,
    command: MigrationCommand,
  ): Promise<readonly string[] | undefined>;
  /** Notes that the command is about to run, now. The migrations of the first time are kept; any of these may be half done from here on. */
  begin(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    command: MigrationCommand,
    migrations: readonly string[],
  ): Promise<void>;
  /** Notes that the command has ended, and which migrations it may have left half done, by what it said. */
  ended(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    command: MigrationCommand,
    inDoubt: readonly string[],
  ): Promise<void>;
  /** Migrations that the last run of the command may have left half done; all that it had before it when its end was never seen. */
  inDoubt(database: DatabaseRef, upgrade: UpgradeRef, command: MigrationCommand): Promise<readonly string[]>;
  /** The command ended without having begun with any migration. */
  forget(database: DatabaseRef, upgrade: UpgradeRef, command: MigrationCommand): Promise<void>;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS crossfade.migration (
    run_id text NOT NULL,
    command text NOT NULL,
    migrations text[] NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    in_doubt text[] NOT NULL,
    PRIMARY KEY (run_id, command)
  )`;

export function createMigrationRecord(connect: Connect): MigrationRecord {
  return {
    begun: (database, upgrade, command) =>
      withConnection(connect(database), async (client) => {
        const { rows: there } = await client.query(
          "SELECT FROM pg_class WHERE oid = to_regclass('crossfade.migration')",
        );
        if (there.length === 0) return undefined;
        const { rows } = await client.query<{ migrations: string[] }>(
          'SELECT migrations FROM crossfade.migration WHERE run_id = $1 AND command = $2',
          [upgrade.runId, command],
        );
        return rows[0]?.migrations;
      }),

    async begin(database, upgrade, command, migrations) {
      await ensureCrossfadeSchema(connect, database);
      await withConnection(connect(database), async (client) => {
        await client.query(TABLE);
        await client.query(
          `INSERT INTO crossfade.migration (run_id, command, migrations, in_doubt) VALUES ($1, $2, $3, $3)
           ON CONFLICT (run_id, command) DO UPDATE SET begun_at = now(), in_doubt = EXCLUDED.in_doubt`,
          [upgrade.runId, command, migrations],
        );
      });
    },

    ended: (database, upgrade, command, inDoubt) =>
      withConnection(connect(database), async (client) => {
        await client.query('UPDATE crossfade.migration SET in_doubt = $3 WHERE run_id = $1 AND command = $2', [
          upgrade.runId,
          command,
          inDoubt,
        ]);
      }),

    inDoubt: (database, upgrade, command) =>
      withConnection(connect(database), async (client) => {
        const { rows } = await client.query<{ in_doubt: string[] }>(
          'SELECT in_doubt FROM crossfade.migration WHERE run_id = $1 AND command = $2',
          [upgrade.runId, command],
        );
        return rows[0]?.in_doubt ?? [];
      }),

    forget: (database, upgrade, command) =>
      withConnection(connect(database), async (client) => {
        await client.query('DELETE FROM crossfade.migration WHERE run_id = $1 AND command = $2', [
          upgrade.runId,
          command,
        ]);
      }),
  };
}
