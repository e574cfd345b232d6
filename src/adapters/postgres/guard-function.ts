import type { ClientBase } from 'pg';
import { guardBody, hereExpression, MIGRATOR_ROLE, type FrozenFor, type GuardFacts } from './guard-sql.ts';

/** What is written into the guard of the freeze that is noted down in this database, as this session sees it. */
export async function readGuardFacts(client: ClientBase): Promise<GuardFacts> {
  const { rows } = await client.query<{ since: string; migrator: string; told: boolean }>(
    `SELECT to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since, ${MIGRATOR_ROLE} AS migrator,
            has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS told FROM crossfade.freeze`,
  );
  const { since = '', migrator = '', told = false } = rows[0] ?? {};
  return { since, migrator, here: await readHere(client, hereExpression(told)) };
}

async function readHere(client: ClientBase, expression: string): Promise<GuardFacts['here']> {
  const { rows } = await client.query<{ value: string }>(`SELECT (${expression}) AS value`);
  return { expression, value: rows[0]?.value ?? '' };
}

/**
 * Whether the guard's function is the one that this freeze has installed, word for word. Its owner, Kong's own role, can replace it by one
 * that refuses nothing.
 */
export async function readInstalled(client: ClientBase, freeze: FrozenFor): Promise<boolean> {
  const { rows } = await client.query<{ text: string }>(
    `SELECT p.prosrc AS text FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
      WHERE p.oid = to_regprocedure('crossfade.guard()') AND l.lanname = 'plpgsql' AND p.prosecdef
        AND p.proconfig = ARRAY['search_path=pg_catalog, pg_temp']`,
  );
  const text = rows[0]?.text;
  if (text === undefined) return false;
  const facts = await readGuardFacts(client);
  // Installed by a session that may not have been told which server this is, where this one is.
  const untold = { ...facts, here: await readHere(client, hereExpression(false)) };
  return [facts, untold].some((one) => guardBody(freeze, one) === text);
}
