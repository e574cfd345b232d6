import type { DumpFacts } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Connect } from './connect.ts';
import { withReader } from './dump-account.ts';
import { readDumpContent } from './dump-facts.ts';
import { inTransaction, NO_TIMEOUTS } from './transaction.ts';

/** Compares a restored database with the facts of its dump. */
export interface DumpComparison {
  /** Same tables, same number of rows in each, same fingerprint. Error `RestoreDiffers` names the differences. */
  requireEqual(restored: DatabaseRef, facts: DumpFacts): Promise<void>;
}

const MOST = 10;

export function createDumpComparison(connect: Connect): DumpComparison {
  return {
    async requireEqual(restored, facts) {
      const found = await withReader(connect, restored, (client) =>
        inTransaction(
          client,
          async () => {
            await client.query(NO_TIMEOUTS);
            return readDumpContent(client, []);
          },
          'REPEATABLE READ',
        ),
      );
      const tables = [...new Set([...Object.keys(facts.rows), ...Object.keys(found.rows)])].sort();
      const differences = tables
        .filter((table) => facts.rows[table] !== found.rows[table])
        .map((table) => `${table} had ${facts.rows[table] ?? 'no table'} and has ${found.rows[table] ?? 'no table'}`);
      if (found.fingerprint !== facts.fingerprint)
        differences.push('the fingerprint of the configuration is another one');
      if (differences.length === 0) return;
      const list = differences.slice(0, MOST).join('; ');
      throw new CrossfadeError('RestoreDiffers', `The dump of ${facts.database} was restored, and differs: ${list}.`);
    },
  };
}
