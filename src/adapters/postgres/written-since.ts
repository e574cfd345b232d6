import { escapeIdentifier as id } from 'pg';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { configurationTables, readKongSchema } from './kong-tables.ts';

/**
 * How many entities say of themselves that they were made or changed after a moment (ISO 8601), by table. Deleted ones, and tables
 * without such columns, can't be told.
 */
export type ReadWrittenSince = (database: DatabaseRef, since: string) => Promise<Readonly<Record<string, number>>>;

const TIMES = ['created_at', 'updated_at'];

export const createReadWrittenSince =
  (connect: Connect): ReadWrittenSince =>
  (database, since) =>
    withConnection(connect(database), async (client) => {
      const written: Record<string, number> = {};
      for (const { name, sql, columns } of configurationTables(await readKongSchema(client))) {
        const times = columns.filter((column) => TIMES.includes(column.name) && column.type.startsWith('timestamp'));
        if (times.length === 0) continue;
        // Kong keeps whole seconds, rounded.
        const later = times.map((column) => `${id(column.name)} > $1::timestamptz + interval '1 second'`).join(' OR ');
        const { rows } = await client.query<{ rows: number }>(
          `SELECT count(*)::int AS rows FROM ${sql} WHERE ${later}`,
          [since],
        );
        if ((rows[0]?.rows ?? 0) > 0) written[name] = rows[0]?.rows ?? 0;
      }
      return written;
    });
