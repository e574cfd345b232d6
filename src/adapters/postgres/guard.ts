import type { ClientBase } from 'pg';
import type { FreezeState } from '../../domain/configuration.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema, ensureTables, hasTable } from './crossfade-schema.ts';
import { readFreeze, readState, readTriggers, type Freeze, type PresentTrigger } from './freeze-state.ts';
import { readGuardFacts } from './guard-function.ts';
import { guardFunction, ONE_AT_A_TIME, OPEN_GUARD, triggersOf } from './guard-sql.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';
import { inPatientTransaction, inTransaction } from './transaction.ts';
import { tidyUp } from './unguard.ts';

/** The guard in Kong's database that refuses writes to the configuration. */
export interface Guard {
  /**
   * Freezes: all tables or none. Waits for writers that are at work. Again for the same upgrade, it guards what has come
   * since (tables that a migration made) and closes what was opened. Error `FrozenByAnother`, `GuardBusy`.
   */
  install(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState>;
  /** The same for a freeze that must already be there. Error `NotFrozen`. */
  extend(database: DatabaseRef, upgrade: UpgradeRef): Promise<FreezeState>;
  /**
   * Ends the freeze of this upgrade, or that of run `found` of its cluster, if there is one: from then on writes work. Then removes
   * what is left of any guard; what can't be removed now is no error but `leftover`. Errors `FrozenByAnother`, `GuardBusy`.
   */
  lift(database: DatabaseRef, upgrade: UpgradeRef, found?: string): Promise<FreezeState>;
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
          guardFunction(upgrade, await readGuardFacts(client)),
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
    async lift(database, upgrade, found) {
      return withConnection(connect(database), async (client) => {
        const what = 'The freeze could not be lifted yet';
        const patience = { wait: LOCK_WAIT, what, tables: ['crossfade.freeze'] };
        await inPatientTransaction(client, patience, () => release(client, upgrade, found));
        const leftover = await tidyUp(client);
        const state = await readState(client);
        return leftover === undefined ? state : { ...state, leftover };
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

/** What an earlier run left belongs to whoever has found it, and the clusters must be the same. */
function refuseOthers(freeze: Freeze | undefined, upgrade: UpgradeRef, found?: string): void {
  if (freeze === undefined || freeze.runId === upgrade.runId) return;
  if (freeze.runId === found && freeze.cluster === upgrade.cluster) return;
  const { cluster, workflowId, runId, since } = freeze;
  throw new CrossfadeError(
    'FrozenByAnother',
    `The configuration is frozen since ${since} by the upgrade ${workflowId} of cluster "${cluster}" (run ${runId}).`,
  );
}

/** Ends the freeze in one step, without waiting for a lock on any of Kong's tables; the triggers then let everything pass. */
async function release(client: ClientBase, upgrade: UpgradeRef, found?: string): Promise<void> {
  if (await hasTable(client, 'freeze')) {
    // Nobody begins another freeze between the look at this one and its end.
    await client.query('LOCK TABLE crossfade.freeze IN SHARE ROW EXCLUSIVE MODE');
    refuseOthers(await readFreeze(client), upgrade, found);
    await client.query('DELETE FROM crossfade.freeze');
  }
  if (await hasGuard(client)) await client.query(OPEN_GUARD);
}

async function hasGuard(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regprocedure('crossfade.guard()') IS NOT NULL AS there",
  );
  return rows[0]?.there === true;
}

/** What is missing is created, what is disabled enabled, what was changed made anew, and what a table no longer needs removed. */
function triggerChanges(tables: readonly KongTable[], present: ReadonlyMap<string, PresentTrigger>): string[] {
  return tables.flatMap((table) => {
    const wanted = triggersOf(table);
    const prefix = `${table.name}/`;
    const extra = [...present.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .filter((name) => !wanted.some((one) => one.name === name));
    return [
      ...wanted.flatMap(({ name, create, definition }) => {
        const there = present.get(prefix + name);
        if (there === undefined) return [create];
        if (there.definition !== definition) return [`DROP TRIGGER ${name} ON ${table.sql}`, create];
        return there.enabled ? [] : [`ALTER TABLE ${table.sql} ENABLE TRIGGER ${name}`];
      }),
      ...extra.map((name) => `DROP TRIGGER ${name} ON ${table.sql}`),
    ];
  });
}
