import { escapeIdentifier as id } from 'pg';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { TagUsage } from '../../domain/writers.ts';
import { withConnection, type Connect } from './connect.ts';
import { configurationTables, readKongSchema, type KongTable } from './kong-tables.ts';

/**
 * How entities are tagged: tags, counts and times, counted inside PostgreSQL. Of tags that are different for each entity
 * (`k8s-uid:…`) only the part before the colon.
 *
 * @param asked tags that are wanted even where few entities have them
 */
export type ReadTagUsage = (database: DatabaseRef, asked: readonly string[]) => Promise<TagUsage>;

/** The rest are of no interest: what marks a writer is on many entities. */
const MOST = 50;

export const createReadTagUsage =
  (connect: Connect): ReadTagUsage =>
  (database, asked) =>
    withConnection(connect(database), async (client) => {
      const tables = configurationTables(await readKongSchema(client)).filter(isTagged);
      if (tables.length === 0) return { entities: 0, tags: [] };
      const all = `WITH e AS (${tables.map(selectOf).join(' UNION ALL ')})`;
      const { rows: counted } = await client.query<{ entities: number }>(
        `${all} SELECT count(*)::int AS entities FROM e`,
      );
      const { rows } = await client.query<{ tag: string; entities: number; kinds: number; last: Date | null }>(
        `${all}, tagged AS (
           SELECT CASE WHEN t.tag ~ '^k8s-[a-z]+:' THEN split_part(t.tag, ':', 1) || ':' ELSE t.tag END AS tag, e.kind, e.written
             FROM e CROSS JOIN LATERAL unnest(e.tags) AS t (tag)),
         grouped AS (
           SELECT tag, count(*)::int AS entities, count(DISTINCT kind)::int AS kinds, max(written) AS last FROM tagged GROUP BY tag),
         ranked AS (SELECT *, row_number() OVER (ORDER BY entities DESC, tag) AS place FROM grouped)
         SELECT tag, entities, kinds, last FROM ranked WHERE place <= ${MOST} OR tag = ANY ($1::text[]) ORDER BY place`,
        [asked],
      );
      return {
        entities: counted[0]?.entities ?? 0,
        tags: rows.map(({ last, ...row }) => ({ ...row, ...(last === null ? {} : { last: last.toISOString() }) })),
      };
    });

const has = ({ columns }: KongTable, name: string): boolean => columns.some((column) => column.name === name);

/** Not the table `tags` itself, which repeats the tags of all others. */
const isTagged = (table: KongTable): boolean =>
  table.name !== 'tags' && table.columns.some(({ name, type }) => name === 'tags' && type === 'text[]');

function selectOf(table: KongTable): string {
  const times = ['updated_at', 'created_at'].filter((name) => has(table, name)).map((name) => id(name));
  const written = times.length === 0 ? 'NULL' : `coalesce(${times.join(', ')})`;
  return `SELECT '${table.name.replaceAll("'", "''")}' AS kind, tags, ${written}::timestamptz AS written FROM ${table.sql}`;
}
