import type { Client, ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type {
  ContentNow,
  DatabaseContent,
  RestoreNames,
  UpgradeLeft,
  UserSessions,
} from '../../domain/restore/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { hasTable } from './crossfade-schema.ts';
import { usersOf } from './database-users.ts';
import { withReader } from './dump-account.ts';
import { readContent } from './content.ts';
import { readDumpContent } from './dump-facts.ts';
import { fingerprintOf } from './fingerprint.ts';
import { connectElsewhere, managerOf } from './elsewhere.ts';
import { readFreeze } from './freeze-state.ts';
import { lockedOut } from './lock-out.ts';
import { inTransaction, NO_TIMEOUTS } from './transaction.ts';

/** What is true of the server before names are swapped. */
export interface ServerBeforeSwap {
  /** Of the database that is replaced; absent where there is none. */
  readonly present?: { readonly oid: number; readonly bytes?: number };
  /** Names that the restore needs, and other databases have. */
  readonly taken: readonly string[];
  readonly sessions: readonly UserSessions[];
  /** What the account that renames lacks, in words. */
  readonly lacks: readonly string[];
}

/** What is in the database that is replaced, as a dump would tell it; or why that can't be read. */
export interface PresentContent {
  readonly left: UpgradeLeft;
  readonly content: ContentNow | { readonly unreadable: string };
  /** What is in the restored one. */
  readonly restored?: DatabaseContent;
}

export interface RestoreLooks {
  /** `restored`: the number of the restored database, once there is one. */
  server(database: DatabaseRef, names: RestoreNames, owner: string, restored?: number): Promise<ServerBeforeSwap>;
  /** `restored`: the name of the restored database, once there is one to compare with row by row. */
  present(database: DatabaseRef, restored?: string): Promise<PresentContent>;
}

export function createRestoreLooks(connect: Connect): RestoreLooks {
  return {
    server: (database, names, owner, restored) =>
      withConnection(
        connectElsewhere(connect, database, [names.database, names.restored, names.kept]),
        async (client): Promise<ServerBeforeSwap> => {
          const { rows } = await client.query<{ oid: number; name: string; bytes: string | null }>(
            `SELECT oid, datname::text AS name,
                    CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) END::text AS bytes
               FROM pg_database WHERE datname = ANY ($1)`,
            [[names.database, names.restored, names.kept]],
          );
          const present = rows.find(({ name }) => name === names.database);
          const ours = (row: { oid: number; name: string }) =>
            row === present || (row.name === names.restored && (restored === undefined || row.oid === restored));
          return {
            ...(present === undefined
              ? {}
              : { present: { oid: present.oid, ...(present.bytes === null ? {} : { bytes: Number(present.bytes) }) } }),
            taken: rows.filter((row) => !ours(row)).map(({ name }) => name),
            sessions: await usersOf(client, names.database),
            lacks: await lacking(client, database, owner, present?.oid),
          };
        },
      ),

    async present(database, restored) {
      const left = await withConnection(connectToLook(connect, database), readLeft);
      const read = <T>(of: DatabaseRef, use: (client: ClientBase) => Promise<T>): Promise<T> =>
        withReader(connect, of, (client) => inTransaction(client, () => unlimited(client, use), 'REPEATABLE READ'));
      if (restored === undefined) {
        const content = read(database, (client) => readDumpContent(client, []));
        return { left, content: await content.catch(unreadable) };
      }
      const content = await read(database, readNow).catch(unreadable);
      if ('unreadable' in content) return { left, content };
      return { left, content, restored: await read({ ...database, name: restored }, readContent) };
    },
  };
}

async function unlimited<T>(client: ClientBase, use: (client: ClientBase) => Promise<T>): Promise<T> {
  await client.query(NO_TIMEOUTS);
  return use(client);
}

async function readNow(client: ClientBase): Promise<ContentNow> {
  const content = await readContent(client);
  const rows = Object.fromEntries(Object.entries(content.tables).map(([table, { rows: count }]) => [table, count]));
  return { rows, fingerprint: (await fingerprintOf(client)).whole, content };
}

/** To create a database for its owner, and to rename it and the one that is there. */
async function lacking(client: ClientBase, database: DatabaseRef, owner: string, present?: number): Promise<string[]> {
  const { rows } = await client.query<{ creates: boolean; gives: boolean; renames: boolean; of: string | null }>(
    `SELECT r.rolsuper OR r.rolcreatedb AS creates,
            r.rolsuper OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)
              OR pg_has_role(r.oid, (SELECT oid FROM pg_roles WHERE rolname = $1), 'MEMBER') AS gives,
            r.rolsuper OR d.oid IS NULL OR pg_has_role(r.oid, d.datdba, 'USAGE') AS renames, pg_get_userbyid(d.datdba)::text AS of
       FROM pg_roles r LEFT JOIN pg_database d ON d.oid = $2 WHERE r.rolname = current_user`,
    [owner, present ?? null],
  );
  const { creates = false, gives = false, renames = false, of = '?' } = rows[0] ?? {};
  const who = managerOf(database);
  const instead = database.admin === undefined ? ', or give an account that may as `database.admin`' : '';
  return [
    ...(creates ? [] : [`${who} may not create and rename databases: ALTER ROLE ${quote(who)} CREATEDB${instead}`]),
    ...(renames ? [] : [`${who} does not own ${database.name}: GRANT ${quote(of ?? '?')} TO ${quote(who)}${instead}`]),
    ...(gives ? [] : [`${who} may not give a database to ${owner}: GRANT ${quote(owner)} TO ${quote(who)}${instead}`]),
  ];
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** As Kong's role; as the admin where that may not log on, so that it can be said. */
async function connectToLook(connect: Connect, database: DatabaseRef): Promise<Client> {
  try {
    return await connect(database);
  } catch (error) {
    if (database.admin === undefined || (error as CrossfadeError).code !== 'DatabaseRefused') throw error;
    return connect(database, { as: 'admin' });
  }
}

async function readLeft(client: ClientBase): Promise<UpgradeLeft> {
  try {
    const freeze = await readFreeze(client);
    const seal = (await hasTable(client, 'seal'))
      ? (
          await client.query<{ workflowId: string; runId: string }>(
            'SELECT workflow_id AS "workflowId", run_id AS "runId" FROM crossfade.seal WHERE closed_at IS NULL',
          )
        ).rows[0]
      : undefined;
    return {
      ...(freeze === undefined ? {} : { freeze: { workflowId: freeze.workflowId, runId: freeze.runId } }),
      ...(seal === undefined ? {} : { seal }),
      lockedOut: await lockedOut(client),
    };
  } catch (error) {
    // A database that is not in order is what restores are for.
    if ((error as { code?: string }).code === undefined) throw error;
    return { lockedOut: [], unread: (error as Error).message };
  }
}

const OF_CONTENT = new Set(['NotKongDatabase', 'DatabaseNotPermitted', 'DatabaseRefused']);

/** Anything that PostgreSQL says of the content; a lost connection is thrown. */
function unreadable(error: unknown): { unreadable: string } {
  const { code = '', message } = error as Error & { code?: string };
  const ofContent = error instanceof CrossfadeError ? OF_CONTENT.has(code) : /^(22|42|XX)/.test(code);
  if (!ofContent) throw error;
  return { unreadable: message };
}
