import type { ClientBase } from 'pg';
import type { FreezeState } from '../../domain/configuration.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema, ensureTables, hasTable } from './crossfade-schema.ts';
import { readFreeze, readState, readTriggers, type Freeze } from './freeze-state.ts';
import { guardFunction, hereExpression, MIGRATOR_ROLE, ONE_AT_A_TIME, OPEN_GUARD, triggersOf } from './guard-sql.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';
import { inPatientTransaction, inTransaction } from './transaction.ts';
import { removeBaselines, removeTriggers } from './unguard.ts';

/** The guard in Kong's database that refuses writes to the configuration. */
export interface Guard {
  /**
   * Freezes: all tables or none. Waits for writers that are at work. Again for the same upgrade, it guards what has come
   * since (tables that a migration made) and closes what was opened. Error `FrozenByAnother`, `GuardBusy`.
   */
  install(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState>;
  /** The same for a freeze that must already be there. Error `NotFrozen`. */
  extend(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState>;
  /** Lifts the freeze of this upgrade's cluster, if there is one, and removes what is left of any. Error `FrozenByAnother`. */
  lift(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState>;
  /** Lets everything pass for a migration command without a role of its own, until `close`. Nothing to do without a freeze. */
  open(database: DatabaseRef, upgrade: UpgradeRef): Promise<void>;
  /** Refuses again, new tables included. */
  close(database: DatabaseRef, upgrade: UpgradeRef): Promise<void>;
  read(database: DatabaseRef): Promise<FreezeState>;
}

const LOCK_WAIT = 800;

export function createGuard(connect: Connect): Guard {
  async function install(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState> {
    await ensureCrossfadeSchema(connect, database);
    return withConnection(connect(database), async (client) => {
      const tables = configurationTables(await readKongSchema(client));
      const names = tables.map((table) => table.sql);
      const patience = { wait: LOCK_WAIT, what: 'The configuration could not be frozen', tables: names };
      await inPatientTransaction(client, patience, async () => {
        await client.query(ONE_AT_A_TIME);
        await ensureTables(client);
        await claim(client, upgrade);
        const statements = [
          // Waits for transactions that have written already: after this, none can still commit something.
          `LOCK TABLE ${names.join(', ')} IN SHARE ROW EXCLUSIVE MODE`,
          guardFunction(upgrade, await readFacts(client)),
          ...triggerChanges(tables, await readTriggers(client)),
        ];
        // In one message: writers wait for as long as it takes, and on a busy server each answer is waited for.
        await client.query(statements.join(';\n'));
      });
      return readState(client);
    });
  }

  return {
    install,
    async extend(database, upgrade) {
      const freeze = await withConnection(connect(database), readFreeze);
      if (freeze?.runId !== upgrade.runId) {
        const found = freeze === undefined ? 'It is not frozen.' : `It is frozen by ${freeze.workflowId}.`;
        throw new CrossfadeError('NotFrozen', `The configuration should be frozen by ${upgrade.workflowId}. ${found}`);
      }
      return install(database, upgrade);
    },
    async lift(database, upgrade) {
      return withConnection(connect(database), async (client) => {
        if (await hasTable(client, 'freeze')) await inTransaction(client, () => release(client, upgrade));
        await removeTriggers(client);
        await removeBaselines(client);
        return readState(client);
      });
    },
    async open(database, upgrade) {
      await withConnection(connect(database), async (client) => {
        if ((await readFreeze(client)) === undefined) return;
        await inTransaction(client, async () => {
          refuseOthers(await readFreeze(client), upgrade);
          await client.query('UPDATE crossfade.freeze SET opened_at = now()');
          await client.query(OPEN_GUARD);
        });
      });
    },
    async close(database, upgrade) {
      if ((await withConnection(connect(database), readFreeze)) !== undefined) await install(database, upgrade);
    },
    read: (database) => withConnection(connect(database), readState),
  };
}

async function claim(client: ClientBase, upgrade: UpgradeRef): Promise<void> {
  refuseOthers(await readFreeze(client), upgrade);
  await client.query(
    `INSERT INTO crossfade.freeze (cluster, workflow_id, run_id) VALUES ($1, $2, $3)
     ON CONFLICT (only_one) DO UPDATE SET opened_at = NULL`,
    [upgrade.cluster, upgrade.workflowId, upgrade.runId],
  );
}

/** The same cluster may lift what an earlier run left; only the same run may go on with it. */
function refuseOthers(freeze: Freeze | undefined, upgrade: UpgradeRef, sameCluster = false): void {
  if (freeze === undefined || freeze.runId === upgrade.runId) return;
  if (sameCluster && freeze.cluster === upgrade.cluster) return;
  const { cluster, workflowId, runId, since } = freeze;
  throw new CrossfadeError(
    'FrozenByAnother',
    `The configuration is frozen since ${since} by the upgrade ${workflowId} of cluster "${cluster}" (run ${runId}).`,
  );
}

/** Ends the freeze in one step, without waiting for a lock on any table; the triggers then let everything pass. */
async function release(client: ClientBase, upgrade: UpgradeRef): Promise<void> {
  refuseOthers(await readFreeze(client), upgrade, true);
  if (await hasGuard(client)) await client.query(OPEN_GUARD);
  await client.query('DELETE FROM crossfade.freeze');
}

async function hasGuard(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regprocedure('crossfade.guard()') IS NOT NULL AS there",
  );
  return rows[0]?.there === true;
}

async function readFacts(client: ClientBase) {
  const { rows } = await client.query<{ since: string; migrator: string; told: boolean }>(
    `SELECT to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since, ${MIGRATOR_ROLE} AS migrator,
            has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS told FROM crossfade.freeze`,
  );
  const { since = '', migrator = '', told = false } = rows[0] ?? {};
  const expression = hereExpression(told);
  const here = await client.query<{ value: string }>(`SELECT (${expression}) AS value`);
  return { since, migrator, here: { expression, value: here.rows[0]?.value ?? '' } };
}

/** What is missing is created, what is disabled enabled, and what a table no longer needs removed. */
function triggerChanges(tables: readonly KongTable[], present: ReadonlyMap<string, boolean>): string[] {
  return tables.flatMap((table) => {
    const wanted = triggersOf(table);
    const prefix = `${table.name}/`;
    const extra = [...present.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .filter((name) => !wanted.some((one) => one.name === name));
    return [
      ...wanted.flatMap(({ name, create }) => {
        const enabled = present.get(prefix + name);
        if (enabled === undefined) return [create];
        return enabled ? [] : [`ALTER TABLE ${table.sql} ENABLE TRIGGER ${name}`];
      }),
      ...extra.map((name) => `DROP TRIGGER ${name} ON ${table.sql}`),
    ];
  });
}
