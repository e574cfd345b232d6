import type { ClientBase } from 'pg';
import type { DatabaseSetting, DumpFacts, Locale } from '../../domain/backup.ts';
import { findKongSchema } from './kong-tables.ts';
import { readOwners } from './owners.ts';
import { readSchemaMeta } from './schema-meta.ts';
import { parseSetting } from './setting.ts';
import { readRights } from './rights.ts';
import { readSuperuserExtensions } from './superuser-extensions.ts';

/** What belongs to a database and is not in its dump: in the caller's transaction, and so in its snapshot. */
export type DatabaseFacts = Pick<
  DumpFacts,
  | 'database'
  | 'owner'
  | 'tablesOwner'
  | 'locale'
  | 'bytes'
  | 'migrations'
  | 'settings'
  | 'rights'
  | 'owners'
  | 'connectionLimit'
  | 'comment'
  | 'extensions'
  | 'server'
>;

/** Error `NotKongDatabase`. */
export async function readDatabaseFacts(client: ClientBase): Promise<DatabaseFacts> {
  const schema = await findKongSchema(client);
  const { executed, pending } = await readSchemaMeta(client, schema.name);
  return {
    ...(await readItself(client)),
    tablesOwner: schema.owner,
    migrations: { executed, pending },
    settings: await readSettings(client),
    rights: await readRights(client),
    owners: await readOwners(client, schema.owner),
    extensions: await readSuperuserExtensions(client),
  };
}

interface Itself {
  readonly database: string;
  readonly owner: string;
  readonly server: string;
  readonly bytes: string;
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  readonly icu: string | null;
  readonly limit: number;
  readonly comment: string | null;
}

async function readItself(
  client: ClientBase,
): Promise<Pick<DatabaseFacts, 'database' | 'owner' | 'server' | 'bytes' | 'locale' | 'connectionLimit' | 'comment'>> {
  // Columns that not every version has are read through JSON: the locale of ICU was renamed in PostgreSQL 17.
  const { rows } = await client.query<Itself>(
    `SELECT datname::text AS database, pg_get_userbyid(datdba)::text AS owner, current_setting('server_version') AS server,
            pg_database_size(oid)::text AS bytes, pg_encoding_to_char(encoding)::text AS encoding,
            datcollate::text AS collate, datctype::text AS ctype,
            CASE to_jsonb(d) ->> 'datlocprovider' WHEN 'i'
              THEN coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') END AS icu,
            datconnlimit AS limit, shobj_description(oid, 'pg_database') AS comment
       FROM pg_database d WHERE datname = current_database()`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('PostgreSQL does not know the database of its own session.');
  const { database, owner, server, bytes, encoding, collate, ctype, icu, limit, comment } = row;
  const locale: Locale = { encoding, collate, ctype, ...(icu === null ? {} : { icu }) };
  return {
    ...{ database, owner, server, bytes: Number(bytes), locale },
    ...(limit < 0 ? {} : { connectionLimit: limit }),
    ...(comment === null || comment.startsWith('Made by Crossfade:') ? {} : { comment }),
  };
}

async function readSettings(client: ClientBase): Promise<DatabaseSetting[]> {
  const { rows } = await client.query<{ role: string | null; setting: string }>(
    `SELECT r.rolname::text AS role, unnest(s.setconfig) AS setting
       FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole
      WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (s.setrole = 0 OR r.oid IS NOT NULL)
        AND coalesce(shobj_description(r.oid, 'pg_authid'), '') NOT LIKE 'Made by Crossfade:%'
      ORDER BY 1 NULLS FIRST, 2`,
  );
  return rows.map(({ role, setting }) => ({ ...(role === null ? {} : { role }), ...parseSetting(setting) }));
}
