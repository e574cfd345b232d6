import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { hashTables } from './fingerprint.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';
import { fixFormats } from './row-hash.ts';
import { inTransaction } from './transaction.ts';

/** Finds out whether anybody writes configuration. */
export interface QuietWatch {
  /**
   * Resolves when for `quiet` milliseconds nothing was written to the configuration. Error `NotQuiet` after `within`
   * milliseconds names the tables that are written.
   */
  wait(database: DatabaseRef, quiet: number, within: number, signal: AbortSignal): Promise<void>;
}

const LONGEST_PAUSE = 1_000;

export function createQuietWatch(connect: Connect): QuietWatch {
  return {
    wait: (database, quiet, within, signal) =>
      withConnection(connect(database), async (client) => {
        const deadline = performance.now() + within;
        const written = new Map<string, number>();
        for (;;) {
          const busy = await watchOnce(client, quiet, signal);
          if (busy.length === 0) return;
          for (const table of busy) written.set(table, (written.get(table) ?? 0) + 1);
          if (performance.now() + quiet > deadline) throw notQuiet(written, quiet, within);
        }
      }),
  };
}

/**
 * One attempt: the tables that were written in the next `quiet` milliseconds; it ends as soon as there is one. Counters tell at
 * once, and also of writes that were taken back, but lag by seconds; fingerprints at both ends miss nothing that was
 * committed; locks show a writer in the middle of its transaction.
 */
async function watchOnce(client: ClientBase, quiet: number, signal: AbortSignal): Promise<string[]> {
  const tables = configurationTables(await readKongSchema(client));
  const content = () =>
    inTransaction(
      client,
      async () => {
        await fixFormats(client);
        return new Map((await hashTables(client, tables)).map(({ name, rows, hash }) => [name, `${rows} ${hash}`]));
      },
      'REPEATABLE READ',
    );
  const start = performance.now();
  const [counted, held] = [await readCounters(client, tables), await content()];
  const differing = (then: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>) =>
    tables.map(({ name }) => name).filter((name) => then.get(name) !== now.get(name));
  for (;;) {
    const left = start + quiet - performance.now();
    await sleep(Math.max(0, Math.min(left, LONGEST_PAUSE)), undefined, { signal });
    const busy = [...differing(counted, await readCounters(client, tables)), ...(await openWriters(client, tables))];
    if (busy.length > 0) return [...new Set(busy)];
    if (left <= LONGEST_PAUSE) return differing(held, await content());
  }
}

/** Rows written so far, per table. Where rows expire by themselves, and in `tags` that go with them, deletions don't count. */
async function readCounters(client: ClientBase, tables: readonly KongTable[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ name: string; written: string; deleted: string }>(
    `SELECT relname::text AS name, (n_tup_ins + n_tup_upd)::text AS written, n_tup_del::text AS deleted
       FROM pg_stat_user_tables WHERE relid = ANY (ARRAY(SELECT to_regclass(t) FROM unnest($1::text[]) AS t)::oid[])`,
    [tables.map(({ sql }) => sql)],
  );
  const expiring = tables.filter(({ nodeRows }) => nodeRows === 'expired');
  const loseRows = new Set(['tags', ...expiring.map(({ name }) => name)]);
  return new Map(
    rows.map(({ name, written, deleted }) => [name, loseRows.has(name) ? written : `${written} ${deleted}`]),
  );
}

/** Configuration tables to which a transaction that is still open has written. */
async function openWriters(client: ClientBase, tables: readonly KongTable[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT c.relname::text AS name FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
      WHERE l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND l.mode = 'RowExclusiveLock' AND l.granted AND l.pid IS DISTINCT FROM pg_backend_pid()
        AND c.oid = ANY (ARRAY(SELECT to_regclass(t) FROM unnest($1::text[]) AS t)::oid[])`,
    [tables.map(({ sql }) => sql)],
  );
  return rows.map(({ name }) => name);
}

function notQuiet(written: ReadonlyMap<string, number>, quiet: number, within: number): CrossfadeError {
  const list = [...written].sort(([, a], [, b]) => b - a).map(([name]) => name);
  const seconds = (ms: number) => `${ms / 1000} s`;
  return new CrossfadeError(
    'NotQuiet',
    `There were no ${seconds(quiet)} without a write to the configuration within ${seconds(within)}. Written: ${list.join(', ')}.`,
  );
}
