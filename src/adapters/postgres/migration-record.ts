import type { AbandonedUp } from '../../domain/migrations/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema, hasTable } from './crossfade-schema.ts';

export type MigrationCommand = 'up' | 'finish';

/** From which version of Kong to which; X's is left out where it is not known. */
export interface MigratedVersions {
  readonly from?: string;
  readonly to: string;
}

/**
 * What this upgrade has begun to migrate, kept in the database that it migrates, so that later attempts know their own. It outlives the
 * freeze: a later upgrade knows by it what an abandoned one has left.
 */
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
    versions: MigratedVersions,
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
  /** Other upgrades whose `up` began and that never got to their seal, the latest first. */
  abandoned(database: DatabaseRef, upgrade: Pick<UpgradeRef, 'runId'>): Promise<readonly AbandonedUp[]>;
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS crossfade.migration (
    run_id text NOT NULL,
    command text NOT NULL,
    migrations text[] NOT NULL,
    begun_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    in_doubt text[] NOT NULL,
    cluster text NOT NULL,
    workflow_id text NOT NULL,
    run_started_at text NOT NULL,
    from_version text,
    to_version text NOT NULL,
    PRIMARY KEY (run_id, command)
  )`;

export function createMigrationRecord(connect: Connect): MigrationRecord {
  return {
    begun: (database, upgrade, command) =>
      withConnection(connect(database), async (client) => {
        if (!(await hasTable(client, 'migration'))) return undefined;
        const { rows } = await client.query<{ migrations: string[] }>(
          'SELECT migrations FROM crossfade.migration WHERE run_id = $1 AND command = $2',
          [upgrade.runId, command],
        );
        return rows[0]?.migrations;
      }),

    async begin(database, upgrade, command, migrations, { from, to }) {
      await ensureCrossfadeSchema(connect, database);
      await withConnection(connect(database), async (client) => {
        await client.query(TABLE);
        await client.query(
          `INSERT INTO crossfade.migration
             (run_id, command, migrations, in_doubt, cluster, workflow_id, run_started_at, from_version, to_version)
           VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8)
           ON CONFLICT (run_id, command) DO UPDATE SET begun_at = now(), ended_at = NULL, in_doubt = EXCLUDED.in_doubt`,
          [
            upgrade.runId,
            command,
            migrations,
            upgrade.cluster,
            upgrade.workflowId,
            upgrade.startedAt,
            from ?? null,
            to,
          ],
        );
      });
    },

    ended: (database, upgrade, command, inDoubt) =>
      withConnection(connect(database), async (client) => {
        await client.query(
          'UPDATE crossfade.migration SET in_doubt = $3, ended_at = now() WHERE run_id = $1 AND command = $2',
          [upgrade.runId, command, inDoubt],
        );
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

    abandoned: (database, upgrade) =>
      withConnection(connect(database), async (client) => {
        if (!(await hasTable(client, 'migration'))) return [];
        // An upgrade that was sealed has its X behind it, and what was abandoned before it too.
        const unsealed = (await hasTable(client, 'seal'))
          ? 'AND NOT EXISTS (SELECT FROM crossfade.seal AS s WHERE s.run_id = m.run_id OR s.sealed_at > m.begun_at)'
          : '';
        const { rows } = await client.query<AbandonedRow>(
          `SELECT * FROM crossfade.migration AS m WHERE command = 'up' AND run_id <> $1 ${unsealed} ORDER BY begun_at DESC`,
          [upgrade.runId],
        );
        return rows.map(toAbandoned);
      }),
  };
}

interface AbandonedRow {
  readonly run_id: string;
  readonly migrations: string[];
  readonly begun_at: Date;
  readonly ended_at: Date | null;
  readonly in_doubt: string[];
  readonly cluster: string;
  readonly workflow_id: string;
  readonly run_started_at: string;
  readonly from_version: string | null;
  readonly to_version: string;
}

const toAbandoned = (row: AbandonedRow): AbandonedUp => ({
  upgrade: {
    cluster: row.cluster,
    workflowId: row.workflow_id,
    runId: row.run_id,
    startedAt: row.run_started_at,
  },
  ...(row.from_version === null ? {} : { from: row.from_version }),
  to: row.to_version,
  migrations: row.migrations,
  inDoubt: row.in_doubt,
  at: (row.ended_at ?? row.begun_at).toISOString(),
});
