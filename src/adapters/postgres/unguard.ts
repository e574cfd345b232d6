import { escapeLiteral, type ClientBase } from 'pg';
import { readFreeze } from './freeze-state.ts';
import { ONE_AT_A_TIME } from './guard-sql.ts';
import { hasTable } from './crossfade-schema.ts';
import { inPatientTransaction } from './transaction.ts';

/** DROP TRIGGER locks out readers too: X's queries must not queue behind it for longer than this (milliseconds). */
const LOCK_WAIT = 150;

/** For all tables together, in milliseconds: people wait for the news that they can write. Each table gets one attempt at least. */
const WITHIN = 10_000;

/**
 * Removes what a freeze leaves when it has ended: triggers, which let everything pass by then, their function, and the fingerprints.
 * Nobody is kept from writing by any of it, so that a lock that is not free is no error. Returns what is left and who holds it, in words.
 */
export async function tidyUp(client: ClientBase): Promise<string | undefined> {
  const remarks: string[] = [];
  const deadline = performance.now() + WITHIN;
  const attempt = async (tables: readonly string[], work: () => Promise<unknown>): Promise<boolean> => {
    const patience = { wait: LOCK_WAIT, what: '', tables, within: Math.max(0, deadline - performance.now()) };
    try {
      await inPatientTransaction(client, patience, async () => {
        await client.query(ONE_AT_A_TIME);
        await work();
      });
      return true;
    } catch (error) {
      remarks.push(error instanceof Error ? error.message.replace(/^: /, '') : String(error));
      return false;
    }
  };

  const left: string[] = [];
  for (const { table, triggers } of await readTables(client)) {
    const drops = triggers.map((trigger) => `DROP TRIGGER IF EXISTS ${trigger} ON ${table}`);
    if (!(await attempt([table], () => client.query(unlessFrozen(drops))))) left.push(table);
  }
  const dropped = left.length > 0 || (await attempt([], () => client.query(unlessFrozen([DROP_FUNCTION]))));
  const forgotten = await attempt(['crossfade.baseline'], () => removeBaselines(client));
  const things = [
    ...(left.length > 0 ? [`triggers on ${left.join(', ')}`] : []),
    ...(dropped ? [] : ['the function crossfade.guard()']),
    ...(forgotten ? [] : ['fingerprints in schema crossfade']),
  ];
  if (things.length === 0) return undefined;
  return (
    `Writes work again. What is left of the guard lets everything pass and could not be removed yet: ${things.join('; ')}. ` +
    `Why: ${[...new Set(remarks)].join(' ')} The next freeze takes it over; \`crossfade thaw\` removes it.`
  );
}

const DROP_FUNCTION = 'DROP FUNCTION IF EXISTS crossfade.guard()';

async function readTables(client: ClientBase): Promise<{ table: string; triggers: string[] }[]> {
  const { rows } = await client.query<{ table: string; triggers: string[] }>(
    `SELECT c.oid::regclass::text AS table, array_agg(quote_ident(t.tgname)) AS triggers
       FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      WHERE t.tgfoid = to_regprocedure('crossfade.guard()') GROUP BY c.oid ORDER BY 1`,
  );
  return rows;
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

/** What is written after the thaw is no drift. */
async function removeBaselines(client: ClientBase): Promise<void> {
  if (!(await hasTable(client, 'baseline')) || (await readFreeze(client)) !== undefined) return;
  await client.query('DELETE FROM crossfade.baseline_row');
  await client.query('DELETE FROM crossfade.baseline');
}
