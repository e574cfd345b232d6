import type { ClientBase } from 'pg';
import type { PairFacts } from '../../domain/migrations/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { readKongSchema, type KongSchema } from './kong-tables.ts';

/** What the known dangers of a pair of versions depend on, and the plugins that the configuration uses: names and counts. */
export type ReadPairFacts = (
  database: DatabaseRef,
) => Promise<PairFacts & { readonly pluginsInUse: Readonly<Record<string, number>> }>;

const REDIS = `(name IN ('rate-limiting', 'response-ratelimiting') AND config ->> 'policy' = 'redis')
  OR (name = 'acme' AND config ->> 'storage' = 'redis')`;
const QUEUELESS = `name = 'opentelemetry' AND coalesce(config -> 'queue', 'null') = 'null'`;

export const createReadPairFacts =
  (connect: Connect): ReadPairFacts =>
  (database) =>
    withConnection(connect(database), async (client) => {
      const count = counterOf(client, await readKongSchema(client));
      return {
        redisPlugins: await count.byName('plugins', REDIS),
        pluginsInUse: await count.byName('plugins', 'true'),
        queuelessOpentelemetry: await count.rows('plugins', QUEUELESS),
        duplicateTargets: await count.rows(
          'targets',
          'EXISTS (SELECT FROM {} AS n WHERE n.upstream_id = r.upstream_id AND n.target = r.target AND n.created_at > r.created_at)',
        ),
        llmLicenses: await count.rows('license_llm_data', 'true'),
        syncDeltas: await count.rows('clustering_sync_delta', 'true'),
      };
    });

/** Counts rows of tables that need not be there in every version. `{}` in a condition is the table itself. */
function counterOf(client: ClientBase, schema: KongSchema) {
  async function byName(table: string, condition: string, name = 'name'): Promise<Record<string, number>> {
    const found = schema.tables.find((one) => one.name === table);
    if (found === undefined) return {};
    const { rows } = await client.query<{ name: string; rows: number }>(
      `SELECT ${name} AS name, count(*)::int AS rows FROM ${found.sql} AS r
        WHERE ${condition.replace('{}', () => found.sql)} GROUP BY 1 ORDER BY 1`,
    );
    return Object.fromEntries(rows.map((row) => [row.name, row.rows]));
  }
  return {
    byName,
    rows: async (table: string, condition: string): Promise<number> =>
      (await byName(table, condition, `'all'`))['all'] ?? 0,
  };
}
