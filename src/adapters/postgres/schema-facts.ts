import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { SchemaFacts } from '../../domain/rules/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { findKongSchema, findKongSchemas } from './kong-tables.ts';
import { inTransaction } from './transaction.ts';

/** In which schemas there are tables of Kong. Error `NotKongDatabase`. */
export type ReadSchemaFacts = (database: DatabaseRef) => Promise<SchemaFacts>;

export const createReadSchemaFacts =
  (connect: Connect): ReadSchemaFacts =>
  (database) =>
    withConnection(connect(database), async (client) => {
      const { name: guarded } = await findKongSchema(client);
      const all = await findKongSchemas(client);
      const byDefault = await inTransaction(client, async () => {
        // What the session would be in had the plan named nothing.
        await client.query('SET LOCAL search_path TO DEFAULT');
        const { rows } = await client.query<{ name: string | null }>('SELECT current_schema()::text AS name');
        return rows[0]?.name ?? undefined;
      });
      return { guarded, all, byDefault };
    });
