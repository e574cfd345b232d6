import { escapeIdentifier, escapeLiteral, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { REFUSED } from './guard-sql.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';
import { rolledBack } from './transaction.ts';

/** Tries writes as Kong's own role; whatever happens, nothing is written. */
export interface WriteProof {
  /** Every configuration table refuses. Error `GuardNotProved` names the others. */
  refused(database: DatabaseRef): Promise<void>;
  /** Every configuration table takes writes. Error `StillFrozen` names the others, with PostgreSQL's text. */
  accepted(database: DatabaseRef): Promise<void>;
}

export function createWriteProof(connect: Connect): WriteProof {
  const tryAll = (database: DatabaseRef, writesOf: (table: KongTable) => Write[]) =>
    withConnection(connect(database), async (client) => {
      const tables = configurationTables(await readKongSchema(client));
      const writes = tables.flatMap((table) => writesOf(table).map((write) => ({ ...write, table: table.name })));
      return tryWrites(client, writes);
    });

  return {
    async refused(database) {
      const passed = (await tryAll(database, writesToRefuse)).filter(({ code }) => code !== REFUSED && code !== NO_ROW);
      if (passed.length === 0) return;
      const list = passed.map(({ table, code, message }) => (code === PASSED ? table : `${table} (${message})`));
      throw new CrossfadeError(
        'GuardNotProved',
        `The guard did not refuse a write as role ${database.user} on: ${unique(list)}.`,
      );
    },
    async accepted(database) {
      const failed = (await tryAll(database, writesOfNoRow)).filter(({ code }) => code !== PASSED);
      if (failed.length === 0) return;
      const list = failed.map(({ table, message }) => `${table} (${message})`);
      throw new CrossfadeError('StillFrozen', `A write as role ${database.user} is refused on: ${unique(list)}.`);
    },
  };
}

const unique = (list: readonly string[]): string => [...new Set(list)].join('; ');

interface Write {
  readonly sql: string;
  /** It says something only if there is a row for it. */
  readonly needsRow?: true;
}

/** Statement triggers fire for these too. */
function writesOfNoRow({ sql, columns }: KongTable): [update: Write, remove: Write] {
  const column = escapeIdentifier(columns[0]?.name ?? 'id');
  return [{ sql: `UPDATE ${sql} SET ${column} = ${column} WHERE false` }, { sql: `DELETE FROM ${sql} WHERE false` }];
}

/** What the guard must refuse. Where it looks at rows there must be one: a new one, or one that is there and does not expire. */
function writesToRefuse(table: KongTable): Write[] {
  const [update, remove] = writesOfNoRow(table);
  if (table.nodeRows === 'acme') return [{ sql: `INSERT INTO ${table.sql} (id) VALUES ('${NO_UUID}')` }];
  if (table.nodeRows === undefined) return [update, remove];
  const some = `SELECT ctid FROM ${table.sql} WHERE ttl IS NULL LIMIT 1`;
  return [update, { sql: `DELETE FROM ${table.sql} WHERE ctid = (${some})`, needsRow: true }];
}

const NO_UUID = '00000000-0000-0000-0000-000000000000';

interface Attempt {
  readonly table: string;
  /** SQLSTATE of the refusal, or one of these two. */
  readonly code: string;
  readonly message: string;
}

const PASSED = 'CF000';
const NO_ROW = 'CF100';

/**
 * Tries each write and takes it back at once. In one message, not one after the other: on a busy server each answer is waited for.
 * A short wait for locks: a write that has to wait has been let in, and that is the answer.
 */
async function tryWrites(client: ClientBase, writes: readonly (Write & { table: string })[]): Promise<Attempt[]> {
  const body = `DECLARE
      write json; done bigint; code text; said text; found jsonb := '[]';
    BEGIN
      FOR write IN SELECT json_array_elements(${escapeLiteral(JSON.stringify(writes))}::json) LOOP
        BEGIN
          EXECUTE write ->> 'sql';
          GET DIAGNOSTICS done = ROW_COUNT;
          RAISE EXCEPTION USING MESSAGE = 'passed', ERRCODE =
            CASE WHEN done = 0 AND (write ->> 'needsRow')::boolean THEN '${NO_ROW}' ELSE '${PASSED}' END;
        EXCEPTION WHEN OTHERS THEN
          GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, said = MESSAGE_TEXT;
          found := found || jsonb_build_object('table', write ->> 'table', 'code', code, 'message', said);
        END;
      END LOOP;
      PERFORM set_config('crossfade.found', found::text, true);
    END`;
  return rolledBack(client, async () => {
    await client.query(`SET LOCAL lock_timeout = '2s'; DO ${escapeLiteral(body)}`);
    const { rows } = await client.query<{ found: string }>("SELECT current_setting('crossfade.found') AS found");
    return JSON.parse(rows[0]?.found ?? '[]') as Attempt[];
  });
}
