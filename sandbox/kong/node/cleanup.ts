import { atLeast, type KongVersion } from '../schema/versions.ts';
import type { Database } from './database.ts';
import type { NodeLog } from './error-log.ts';

const TABLES: readonly (readonly [table: string, column: string])[] = [
  ['acme_storage', 'ttl'],
  ['cluster_events', 'expire_at'],
  ['clustering_data_planes', 'ttl'],
  ['keyauth_credentials', 'ttl'],
  ['oauth2_authorization_codes', 'ttl'],
  ['oauth2_tokens', 'ttl'],
  ['ratelimiting_metrics', 'ttl'],
  ['sessions', 'ttl'],
];

/** Deletes expired rows, as every node does from time to time. A table that refuses is a warning in the error log. */
export async function deleteExpired(db: Database, version: KongVersion, log: NodeLog): Promise<void> {
  const rpc: (readonly [string, string])[] = atLeast(version, '3.7.1') ? [['clustering_rpc_requests', 'ttl']] : [];
  for (const [table, column] of [...TABLES, ...rpc]) {
    const found = await db
      .query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [table])
      .catch(() => []);
    if (found[0]?.exists !== true) continue;
    await db
      .execute(
        `WITH rows AS (SELECT ctid FROM ${table} WHERE ${column} < CURRENT_TIMESTAMP AT TIME ZONE 'UTC'
             ORDER BY ${column} LIMIT 50000 FOR UPDATE SKIP LOCKED)
           DELETE FROM ${table} WHERE ctid IN (TABLE rows)`,
      )
      .catch((error: Error) => {
        const what = `unable to clean expired rows from table '${table}' on PostgreSQL database (${error.message})`;
        log.error('warn', `*1 [lua] connector.lua: ${what}, context: ngx.timer`);
      });
  }
}
