import { escapeIdentifier, type Client, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { SchemaMeta } from '../../domain/migrations/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { findKongSchema } from './kong-tables.ts';

/** Kong's own record of its migrations, read without Kong. */
export interface SchemaMetaReader {
  /** `undefined`: no schema of the database has the table. */
  read(database: DatabaseRef): Promise<SchemaMeta | undefined>;
  /** The same again and again on one connection; the caller ends it. */
  open(database: DatabaseRef): Promise<{ read(): Promise<SchemaMeta | undefined>; close(): Promise<void> }>;
}

export function createSchemaMetaReader(connect: Connect): SchemaMetaReader {
  return {
    read: (database) => withConnection(connect(database), readOn),
    async open(database) {
      const client = await connect(database);
      return { read: () => readOn(client), close: () => client.end().catch(() => undefined) };
    },
  };
}

async function readOn(client: Client): Promise<SchemaMeta | undefined> {
  const schema = await findKongSchema(client).catch((error: unknown) => {
    if (error instanceof CrossfadeError && error.code === 'NotKongDatabase') return undefined;
    throw error;
  });
  return schema === undefined ? undefined : readSchemaMeta(client, schema.name);
}

/** In the caller's transaction, and so in its snapshot. */
export async function readSchemaMeta(client: ClientBase, schema: string): Promise<SchemaMeta> {
  const { rows } = await client.query<{ executed: string[]; pending: string[] }>(
    `SELECT ARRAY(SELECT subsystem || '/' || name FROM unnest(executed) AS name) AS executed,
            ARRAY(SELECT subsystem || '/' || name FROM unnest(pending) AS name) AS pending
       FROM ${escapeIdentifier(schema)}.schema_meta WHERE key = 'schema_meta' ORDER BY subsystem`,
  );
  return {
    schema,
    executed: rows.flatMap(({ executed }) => executed),
    pending: rows.flatMap(({ pending }) => pending),
  };
}
