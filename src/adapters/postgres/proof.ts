import { escapeIdentifier, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { REFUSED } from './guard-sql.ts';
import { configurationTables, hasExpiry, readKongSchema, type KongTable } from './kong-tables.ts';
import { rolledBack } from './transaction.ts';

/** Tries writes as Kong's own role; whatever happens, nothing is written. */
export interface WriteProof {
  /** Every configuration table refuses. Error `GuardNotProved` names the others. */
  refused(database: DatabaseRef): Promise<void>;
  /** Every configuration table takes writes. Error `StillFrozen` names the others, with PostgreSQL's text. */
  accepted(database: DatabaseRef): Promise<void>;
}

export function createWriteProof(connect: Connect): WriteProof {
  const tryAll = (database: DatabaseRef) =>
    withConnection(connect(database), async (client) => {
      const tables = configurationTables(await readKongSchema(client));
      return rolledBack(client, async () => {
        const results: { table: string; error?: { code?: string; message: string } }[] = [];
        // A short wait: a write that has to wait has been let in, and that is the answer.
        await client.query("SET LOCAL lock_timeout = '2s'");
        for (const table of tables)
          for (const write of harmlessWrites(table)) {
            const error = await tryOne(client, write);
            results.push({ table: table.name, ...(error === undefined ? {} : { error }) });
          }
        return results;
      });
    });

  return {
    async refused(database) {
      const passed = (await tryAll(database)).filter(({ error }) => error?.code !== REFUSED);
      if (passed.length === 0) return;
      const list = passed.map(({ table, error }) => (error === undefined ? table : `${table} (${error.message})`));
      throw new CrossfadeError(
        'GuardNotProved',
        `The guard did not refuse a write as role ${database.user} on: ${unique(list)}.`,
      );
    },
    async accepted(database) {
      const failed = (await tryAll(database)).flatMap(({ table, error }) =>
        error ? [`${table} (${error.message})`] : [],
      );
      if (failed.length === 0) return;
      throw new CrossfadeError('StillFrozen', `A write as role ${database.user} is refused on: ${unique(failed)}.`);
    },
  };
}

const unique = (list: readonly string[]): string => [...new Set(list)].join('; ');

/** Writes that touch no row. A DELETE is not among them where rows expire: there only rows are guarded. */
function harmlessWrites(table: KongTable): string[] {
  const column = escapeIdentifier(table.columns[0]?.name ?? 'id');
  const update = `UPDATE ${table.sql} SET ${column} = ${column} WHERE false`;
  return hasExpiry(table) ? [update] : [update, `DELETE FROM ${table.sql} WHERE false`];
}

async function tryOne(client: ClientBase, sql: string): Promise<{ code?: string; message: string } | undefined> {
  await client.query('SAVEPOINT attempt');
  try {
    await client.query(sql);
    return undefined;
  } catch (error) {
    return error as { code?: string; message: string };
  } finally {
    await client.query('ROLLBACK TO SAVEPOINT attempt');
  }
}
