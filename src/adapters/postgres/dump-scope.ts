import type { ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { holdsCounters } from '../../domain/tables.ts';
import { DUMPED_TABLES } from './dump-facts.ts';
import { findKongSchema } from './kong-tables.ts';

/** What a dump will hold. */
export interface DumpScope {
  /** Kong's tables whose rows stay out, as `schema.table`. */
  readonly leftOut: readonly string[];
  /** A guess of the bytes of the dump, from what the tables take on the server's disk. */
  readonly estimate: number;
}

/**
 * Finds the tables that the plan leaves out, before anything is dumped. Errors `TableNotLeftOut`: there is no such table, or it holds
 * more than counters; `NotKongDatabase`.
 */
export async function readDumpScope(client: ClientBase, leaveOut: readonly string[]): Promise<DumpScope> {
  const schema = await findKongSchema(client);
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname::text AS name FROM ${DUMPED_TABLES} AND n.nspname = $1 AND c.relname = ANY ($2)`,
    [schema.name, leaveOut],
  );
  const there = new Set(rows.map(({ name }) => name));
  const missing = leaveOut.filter((name) => !there.has(name));
  const other = leaveOut.filter((name) => there.has(name) && !holdsCounters(name));
  const faults = [
    ...missing.map((name) => `schema ${schema.name} has no table ${name}`),
    ...other.map((name) => `${name} holds more than counters`),
  ];
  if (faults.length > 0) throw new CrossfadeError('TableNotLeftOut', `\`backup.leaveOut\`: ${faults.join('; ')}.`);
  const leftOut = leaveOut.map((name) => `${schema.name}.${name}`);
  const { rows: sizes } = await client.query<{ bytes: string }>(
    `SELECT coalesce(sum(pg_table_size(c.oid)), 0) AS bytes FROM ${DUMPED_TABLES} AND n.nspname || '.' || c.relname <> ALL ($1)`,
    [leftOut],
  );
  return { leftOut, estimate: Number(sizes[0]?.bytes ?? 0) };
}

/** A pattern of `pg_dump` that matches this table alone, whatever letters it has. */
export const patternOf = (table: string): string => {
  const at = table.indexOf('.');
  return [table.slice(0, at), table.slice(at + 1)].map((name) => `"${name.replaceAll('"', '""')}"`).join('.');
};
