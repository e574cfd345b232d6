import type { ClientBase } from 'pg';
import type { Seal } from '../../activities/contract.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema, ensureTables, hasTable } from './crossfade-schema.ts';
import { inTransaction } from './transaction.ts';

/** The point of no return, written into Kong's database. It outlives the freeze. */
export interface Seals {
  /** The same seal again is fine and stays as it was. Error `SealedByAnother`. */
  write(database: DatabaseRef, upgrade: UpgradeRef, approvedBy: readonly string[]): Promise<Seal>;
  /** The open seal of the cluster, else its last one. */
  read(database: DatabaseRef, cluster: string): Promise<Seal | undefined>;
  /** Tolerates that there is none. */
  close(database: DatabaseRef, upgrade: UpgradeRef): Promise<void>;
}

const COLUMNS = 'cluster, workflow_id, run_id, approved_by, sealed_at, closed_at IS NOT NULL AS closed';

export function createSeals(connect: Connect): Seals {
  return {
    async write(database, upgrade, approvedBy) {
      await ensureCrossfadeSchema(connect, database);
      return withConnection(connect(database), (client) =>
        inTransaction(client, async () => {
          await ensureTables(client);
          await client.query('LOCK TABLE crossfade.seal IN SHARE ROW EXCLUSIVE MODE');
          const open = await readOne(client, 'WHERE closed_at IS NULL', []);
          if (open !== undefined && open.runId !== upgrade.runId) throw sealedByAnother(open);
          const { cluster, workflowId, runId } = upgrade;
          await client.query(
            `INSERT INTO crossfade.seal (cluster, workflow_id, run_id, approved_by) VALUES ($1, $2, $3, $4)
             ON CONFLICT (run_id) DO NOTHING`,
            [cluster, workflowId, runId, approvedBy],
          );
          const seal = await readOne(client, 'WHERE run_id = $1', [runId]);
          if (seal === undefined) throw new Error(`The seal of run ${runId} was written and is not there.`);
          return seal;
        }),
      );
    },

    read: (database, cluster) =>
      withConnection(connect(database), async (client) =>
        (await hasTable(client, 'seal'))
          ? readOne(client, 'WHERE cluster = $1 ORDER BY closed_at IS NULL DESC, sealed_at DESC LIMIT 1', [cluster])
          : undefined,
      ),

    async close(database, upgrade) {
      await withConnection(connect(database), async (client) => {
        if (!(await hasTable(client, 'seal'))) return;
        await client.query('UPDATE crossfade.seal SET closed_at = now() WHERE run_id = $1 AND closed_at IS NULL', [
          upgrade.runId,
        ]);
      });
    },
  };
}

interface SealRow {
  readonly cluster: string;
  readonly workflow_id: string;
  readonly run_id: string;
  readonly approved_by: string[];
  readonly sealed_at: Date;
  readonly closed: boolean;
}

async function readOne(client: ClientBase, where: string, values: readonly string[]): Promise<Seal | undefined> {
  const { rows } = await client.query<SealRow>(`SELECT ${COLUMNS} FROM crossfade.seal ${where}`, [...values]);
  const row = rows[0];
  if (row === undefined) return undefined;
  const { cluster, workflow_id: workflowId, run_id: runId, approved_by: approvedBy, sealed_at: sealedAt, closed } = row;
  return { cluster, workflowId, runId, approvedBy, sealedAt: sealedAt.toISOString(), closed };
}

const sealedByAnother = (seal: Seal): CrossfadeError =>
  new CrossfadeError(
    'SealedByAnother',
    `The seal of ${seal.workflowId} (cluster "${seal.cluster}", run ${seal.runId}, since ${seal.sealedAt}) is open.`,
  );
