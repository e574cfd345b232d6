import type { ClientBase } from 'pg';
import type { Drift, Fingerprint } from '../../domain/configuration.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { findChanges, type TableBaseline } from './changes.ts';
import { withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema, ensureTables, hasTable } from './crossfade-schema.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';
import { fixFormats, rowColumns, ROW_HASH, rowsOf } from './row-hash.ts';
import { inTransaction } from './transaction.ts';

/** Fingerprints of Kong's configuration, computed inside PostgreSQL. */
export interface Fingerprints {
  /** Of the configuration as it is now. Needs nothing of Crossfade's in the database. */
  compute(database: DatabaseRef, name?: string): Promise<Fingerprint>;
  /** The same, kept with a hash per entity as what `drift` compares with. */
  takeBaseline(database: DatabaseRef, upgrade: UpgradeRef, label: string): Promise<Fingerprint>;
  /** What differs from the last baseline of this upgrade. Error `BaselineMissing`. */
  drift(database: DatabaseRef, upgrade: UpgradeRef): Promise<Drift>;
}

export interface TableFingerprint {
  readonly name: string;
  readonly rows: number;
  /** Sum of the hashes of its rows, as text: it is longer than a number can be. */
  readonly hash: string;
}

export function createFingerprints(connect: Connect): Fingerprints {
  return {
    compute: (database, name) =>
      withConnection(connect(database, name === undefined ? {} : { name }), (client) =>
        inTransaction(client, () => fingerprintOf(client), 'REPEATABLE READ'),
      ),

    async takeBaseline(database, upgrade, label) {
      await ensureCrossfadeSchema(connect, database);
      return withConnection(connect(database), async (client) => {
        await inTransaction(client, () => ensureTables(client));
        return inTransaction(client, () => storeBaseline(client, upgrade, label), 'REPEATABLE READ');
      });
    },

    drift: (database, upgrade) =>
      withConnection(connect(database), (client) =>
        inTransaction(client, () => driftOf(client, upgrade), 'REPEATABLE READ'),
      ),
  };
}

/** The fingerprint, in the caller's transaction: with its snapshot. */
export async function fingerprintOf(client: ClientBase): Promise<Fingerprint> {
  await fixFormats(client);
  const tables = configurationTables(await readKongSchema(client));
  return wholeOf(client, await hashTables(client, tables));
}

/** Hash and number of rows of each table, in the caller's transaction, whose formats must be fixed. */
export async function hashTables(client: ClientBase, tables: readonly KongTable[]): Promise<TableFingerprint[]> {
  const found: TableFingerprint[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ rows: string; hash: string }>(
      `SELECT count(*) AS rows, coalesce(sum(${ROW_HASH}), 0) AS hash ${rowsOf(table, tables)}`,
    );
    found.push({ name: table.name, rows: Number(rows[0]?.rows), hash: rows[0]?.hash ?? '' });
  }
  return found;
}

async function wholeOf(client: ClientBase, tables: readonly TableFingerprint[]): Promise<Fingerprint> {
  const text = tables.map(({ name, rows, hash }) => `${name} ${rows} ${hash}\n`).join('');
  const { rows } = await client.query<{ whole: string; now: Date }>(
    "SELECT encode(sha256(convert_to($1, 'UTF8')), 'hex') AS whole, clock_timestamp() AS now",
    [text],
  );
  return {
    whole: rows[0]?.whole ?? '',
    tables: tables.length,
    rows: tables.reduce((sum, table) => sum + table.rows, 0),
    takenAt: rows[0]?.now.toISOString() ?? '',
  };
}

async function storeBaseline(client: ClientBase, upgrade: UpgradeRef, label: string): Promise<Fingerprint> {
  await fixFormats(client);
  const tables = configurationTables(await readKongSchema(client));
  // Only the last one is ever compared with. Not TRUNCATE, which would wait for a dump that somebody else makes.
  await client.query('DELETE FROM crossfade.baseline_row');
  const { rows: made } = await client.query<{ id: string }>(
    'INSERT INTO crossfade.baseline (cluster, run_id, label) VALUES ($1, $2, $3) RETURNING id',
    [upgrade.cluster, upgrade.runId, label],
  );
  const baseline = made[0]?.id;
  const found: TableFingerprint[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ rows: string; hash: string }>(
      `WITH kept AS (
         INSERT INTO crossfade.baseline_row (baseline, table_name, id, name, hash, fields, nested)
         SELECT $1::bigint, $2, s.* FROM (SELECT ${rowColumns(table)} ${rowsOf(table, tables)}) AS s RETURNING hash)
       INSERT INTO crossfade.baseline_table (baseline, name, columns, rows, hash)
       SELECT $1::bigint, $2, $3, count(*), coalesce(sum(hash), 0) FROM kept RETURNING rows, hash`,
      [baseline, table.name, table.columns.map((column) => column.name)],
    );
    found.push({ name: table.name, rows: Number(rows[0]?.rows), hash: rows[0]?.hash ?? '' });
  }
  const fingerprint = await wholeOf(client, found);
  await client.query('UPDATE crossfade.baseline SET whole = $2 WHERE id = $1', [baseline, fingerprint.whole]);
  return fingerprint;
}

async function driftOf(client: ClientBase, upgrade: UpgradeRef): Promise<Drift> {
  await fixFormats(client);
  const baseline = await lastBaseline(client, upgrade);
  const tables = configurationTables(await readKongSchema(client));
  const now = await hashTables(client, tables);
  return { fingerprint: await wholeOf(client, now), ...(await findChanges(client, baseline, tables, now)) };
}

async function lastBaseline(client: ClientBase, upgrade: UpgradeRef): Promise<TableBaseline[]> {
  const query = `SELECT baseline, name, columns, rows::text, hash::text FROM crossfade.baseline_table
    WHERE baseline = (SELECT max(id) FROM crossfade.baseline WHERE run_id = $1)`;
  const rows = (await hasTable(client, 'baseline'))
    ? (await client.query<TableBaseline>(query, [upgrade.runId])).rows
    : [];
  if (rows.length > 0) return rows;
  const message = `Schema crossfade holds no baseline of ${upgrade.workflowId} (run ${upgrade.runId}).`;
  throw new CrossfadeError('BaselineMissing', message);
}
