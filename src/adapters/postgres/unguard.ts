import { escapeLiteral, type ClientBase } from 'pg';
import { readFreeze } from './freeze-state.ts';
import { ONE_AT_A_TIME } from './guard-sql.ts';
import { hasTable } from './crossfade-schema.ts';
import { inPatientTransaction, inTransaction } from './transaction.ts';

/** DROP TRIGGER locks out readers too: X's queries must not queue behind it for longer than this (milliseconds). */
const LOCK_WAIT = 150;

/**
 * Removes the guard's triggers, table by table, and its function. They let everything pass by then, so this may take as
 * long as it needs. Error `GuardBusy`.
 */
export async function removeTriggers(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ table: string; triggers: string[] }>(
    `SELECT c.oid::regclass::text AS table, array_agg(t.tgname::text) AS triggers
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE t.tgfoid = to_regprocedure('crossfade.guard()') GROUP BY c.oid ORDER BY 1`,
  );
  const remove = (what: string, tables: readonly string[], statements: readonly string[]) =>
    inPatientTransaction(client, { wait: LOCK_WAIT, what, tables }, async () => {
      // In one message: readers wait for as long as the lock on their table is asked for or held.
      await client.query(`${ONE_AT_A_TIME}; ${unlessFrozen(statements)}`);
    });
  for (const { table, triggers } of rows) {
    const what = `Writes work again, but the trigger that guarded ${table} could not be removed yet`;
    const drops = triggers.map((trigger) => `DROP TRIGGER IF EXISTS ${trigger} ON ${table}`);
    await remove(what, [table], drops);
  }
  await remove('The function of the guard could not be removed yet', [], ['DROP FUNCTION IF EXISTS crossfade.guard()']);
}

/** A freeze that began meanwhile has taken the triggers over. */
function unlessFrozen(statements: readonly string[]): string {
  const body = statements.map((statement) => `${statement};`).join(' ');
  return `DO ${escapeLiteral(`BEGIN
    IF to_regclass('crossfade.freeze') IS NOT NULL THEN
      IF EXISTS (SELECT FROM crossfade.freeze) THEN RETURN; END IF;
    END IF;
    ${body}
  END`)}`;
}

/** Removes the fingerprints of an upgrade that has thawed: what is written from now on is no drift. */
export async function removeBaselines(client: ClientBase): Promise<void> {
  if (!(await hasTable(client, 'baseline'))) return;
  await inTransaction(client, async () => {
    await client.query(ONE_AT_A_TIME);
    if ((await readFreeze(client)) !== undefined) return;
    await client.query('DELETE FROM crossfade.baseline_row');
    await client.query('DELETE FROM crossfade.baseline');
  });
}
