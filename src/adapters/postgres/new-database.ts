import { escapeIdentifier as id, escapeLiteral, type ClientBase } from 'pg';
import type { Locale } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { permitted } from './permitted.ts';

/** Who may create databases: `database.admin` where the plan has it. */
const creatorOf = (database: DatabaseRef) => (database.admin === undefined ? 'kong' : 'admin');

/** Any database but the one to be created or dropped will do; the one that is named is there. */
export const asCreator = <T>(
  connect: Connect,
  database: DatabaseRef,
  use: (client: ClientBase) => Promise<T>,
  name = database.name,
): Promise<T> => withConnection(connect(database, { as: creatorOf(database), name }), use);

/** An empty database. Errors `DatabaseNotPermitted`, `RestoreFailed` (its locale); PostgreSQL's own when it is there already. */
export async function createDatabase(
  client: ClientBase,
  { name, owner, locale }: { readonly name: string; readonly owner: string; readonly locale: Locale },
  who: string,
): Promise<void> {
  const { encoding, collate, ctype, icu } = locale;
  const provider = icu === undefined ? '' : ` LOCALE_PROVIDER icu ICU_LOCALE ${escapeLiteral(icu)}`;
  await permitted(
    () =>
      client
        .query(
          `CREATE DATABASE ${id(name)} OWNER ${id(owner)} TEMPLATE template0 ENCODING ${escapeLiteral(encoding)}
             LC_COLLATE ${escapeLiteral(collate)} LC_CTYPE ${escapeLiteral(ctype)}${provider}`,
        )
        .catch((cause: Error & { code?: string }) => {
          if (!NO_SUCH_LOCALE.has(cause.code ?? '')) throw cause;
          throw new CrossfadeError(
            'RestoreFailed',
            `The server has not the locale that the database had (encoding ${encoding}, collation ${icu ?? collate}, character type ${ctype}): ${cause.message}. Install it on the server (\`locale-gen\`, then restart PostgreSQL), or restore elsewhere.`,
            { cause },
          );
        }),
    (refusal) =>
      `The role ${who} may not create a database for ${owner}: ${refusal}. Give an account that may as \`database.admin\`.`,
  );
}

/** invalid_parameter_value, wrong_object_type, undefined_object, feature_not_supported: how versions of PostgreSQL say it. */
const NO_SUCH_LOCALE: ReadonlySet<string> = new Set(['22023', '42809', '42704', '0A000']);

/** With its sessions. Tolerates that it never was. */
export async function dropDatabase(client: ClientBase, name: string): Promise<void> {
  await client.query(`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`);
}

/** Begins the comment of a database that a restore has made, or has begun to make. */
const OURS = 'Made by Crossfade: restored from ';

/**
 * An empty database with a comment that says what it is for. One that an earlier attempt has begun is dropped first, with its
 * sessions. Errors `DatabaseNameTaken`, `DatabaseNotPermitted`.
 */
export async function createForRestore(
  client: ClientBase,
  wanted: { readonly name: string; readonly owner: string; readonly locale: Locale },
  from: { readonly manifestKey: string; readonly who: string },
): Promise<void> {
  const { name } = wanted;
  const comment = `${OURS}${from.manifestKey}`;
  const { rows } = await client.query<{ comment: string | null }>(
    "SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = $1",
    [name],
  );
  const [there] = rows;
  if (there !== undefined && there.comment !== comment)
    throw new CrossfadeError(
      'DatabaseNameTaken',
      `The database ${name} is there already, and is no attempt of this restore.`,
    );
  if (there !== undefined) await dropDatabase(client, name);
  await createDatabase(client, wanted, from.who);
  await client.query(`COMMENT ON DATABASE ${id(name)} IS ${escapeLiteral(comment)}`);
}
