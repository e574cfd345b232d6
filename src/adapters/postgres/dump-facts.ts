import { escapeIdentifier, type ClientBase } from 'pg';
import type { DumpFacts } from '../../domain/backup.ts';
import { readDatabaseFacts } from './database-facts.ts';
import { fingerprintOf } from './fingerprint.ts';

/** What a dump must hold. */
export type DumpContent = Pick<DumpFacts, 'rows' | 'fingerprint' | 'takenAt'>;

/** Tables of the database, of whatever schema, but those of the server itself and Crossfade's. */
export const DUMPED_TABLES = `
  pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND n.nspname NOT IN ('crossfade', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'`;

/** Counted in the caller's transaction, and so in its snapshot. Tables in `leftOut` count 0. */
export async function readDumpContent(client: ClientBase, leftOut: readonly string[]): Promise<DumpContent> {
  const { rows: tables } = await client.query<{ schema: string; name: string }>(
    `SELECT n.nspname AS schema, c.relname AS name FROM ${DUMPED_TABLES} ORDER BY 1, 2`,
  );
  const rows: Record<string, number> = {};
  for (const { schema, name } of tables) {
    const known = `${schema}.${name}`;
    rows[known] = leftOut.includes(known) ? 0 : await countRows(client, schema, name);
  }
  const { whole, takenAt } = await fingerprintOf(client);
  return { rows, fingerprint: whole, takenAt };
}

/** The same, and what belongs to the database and is in no dump. */
export const readDumpFacts = async (
  client: ClientBase,
  leftOut: readonly string[] = [],
): Promise<Omit<DumpFacts, 'program'>> => ({
  ...(await readDatabaseFacts(client)),
  ...(await readDumpContent(client, leftOut)),
  leftOut,
});

async function countRows(client: ClientBase, schema: string, name: string): Promise<number> {
  const table = `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`;
  const { rows } = await client.query<{ rows: string }>(`SELECT count(*) AS rows FROM ONLY ${table}`);
  return Number(rows[0]?.rows);
}
