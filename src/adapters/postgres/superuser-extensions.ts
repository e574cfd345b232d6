import { escapeIdentifier as id, type ClientBase } from 'pg';
import type { DatabaseExtension } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { permitted } from './permitted.ts';

/** Extensions that the owner of a database may not create: somebody did it for them, such as `pg_stat_statements`. */
export async function readSuperuserExtensions(client: ClientBase): Promise<DatabaseExtension[]> {
  // Through JSON: PostgreSQL before 13 knows no trusted extensions.
  const { rows } = await client.query<{ name: string; schema: string }>(
    `SELECT e.extname::text AS name, n.nspname::text AS schema
       FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
       JOIN pg_available_extension_versions v ON v.name = e.extname AND v.version = e.extversion
      WHERE v.superuser AND NOT coalesce((to_jsonb(v) ->> 'trusted')::boolean, false) AND e.extname <> 'plpgsql'
      ORDER BY 1`,
  );
  return rows;
}

/**
 * Creates them before the dump is restored, which passes over what is there. Each goes where it goes by itself: the dump creates its
 * schemas. Errors `DatabaseNotPermitted`, `RestoreFailed`.
 * @param client as whoever may most
 */
export async function createSuperuserExtensions(
  client: ClientBase,
  extensions: readonly DatabaseExtension[],
  who: string,
): Promise<void> {
  for (const { name } of extensions)
    try {
      await permitted(
        () => client.query(`CREATE EXTENSION IF NOT EXISTS ${id(name)}`),
        (refusal) =>
          `The role ${who} may not create the extension ${name}: ${refusal}. Give an account that may as \`database.admin\`.`,
      );
    } catch (cause) {
      if (cause instanceof CrossfadeError) throw cause;
      const why = (cause as Error).message;
      throw new CrossfadeError('RestoreFailed', `The extension ${name} can't be created on this server: ${why}.`, {
        cause,
      });
    }
}

/** Afterwards: into the schemas that they were in. */
export async function moveSuperuserExtensions(
  client: ClientBase,
  extensions: readonly DatabaseExtension[],
): Promise<void> {
  const found = await readSuperuserExtensions(client);
  for (const { name, schema } of extensions)
    if (found.some((one) => one.name === name && one.schema !== schema))
      await client.query(`ALTER EXTENSION ${id(name)} SET SCHEMA ${id(schema)}`);
}
