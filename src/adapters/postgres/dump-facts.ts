import { escapeIdentifier, type ClientBase } from 'pg';
import type { DumpFacts } from '../../domain/backup.ts';
import { readDatabaseFacts } from './database-facts.ts';
import { fingerprintOf } from './fingerprint.ts';

/** What a dump must hold: counted in the caller's transaction, and so in its snapshot. */
export async function readDumpFacts(client: ClientBase): Promise<Omit<DumpFacts, 'program'>> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'r' AND n.nspname NOT IN ('crossfade', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
      ORDER BY 1, 2`,
  );
  const rows: Record<string, number> = {};
  for (const { schema, name } of tables) {
    const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
    const counted = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ONLY ${table}`);
    rows[`${schema}.${name}`] = Number(counted.rows[0]?.rows);
  }
  const about = await readDatabaseFacts(client);
  const { whole, takenAt } = await fingerprintOf(client);
  return { ...about, fingerprint: whole, rows, leftOut: [], takenAt };
}
