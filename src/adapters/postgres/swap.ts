import { setTimeout as sleep } from 'node:timers/promises';
import { escapeIdentifier as id, type Client, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { describeSessions, RESTORED_PREFIX, type RestoreNames } from '../../domain/restore/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { endKeptConnections, usersOf } from './database-users.ts';
import { connectElsewhere, managerOf } from './elsewhere.ts';
import { dropDatabase } from './new-database.ts';
import { permitted } from './permitted.ts';
import { inTransaction } from './transaction.ts';

/** PostgreSQL's own numbers of the databases: those stay when names change. Without `present` there was none to replace. */
export interface DatabaseNumbers {
  readonly present?: number;
  readonly restored: number;
}

export interface DatabaseSwap {
  /**
   * Gives the restored database the name of the real one, and that one the name under which it is kept: both or neither. Tolerates
   * that it is done. Errors, each of which means that nothing was done: `DatabaseInUse` names who is in one of them,
   * `DatabaseNotPermitted`, `NamesChanged`.
   */
  swap(database: DatabaseRef, names: RestoreNames, numbers: DatabaseNumbers): Promise<void>;
  /** The restored database has the name of the real one. */
  isSwapped(database: DatabaseRef, names: RestoreNames, numbers: DatabaseNumbers): Promise<boolean>;
  /** PostgreSQL's number of a database; `undefined` where there is none of that name. */
  numberOf(database: DatabaseRef, names: RestoreNames, name: string): Promise<number | undefined>;
  /** The real database, or where it is gone another one that one can be in. */
  anyOf(database: DatabaseRef, names: RestoreNames): Promise<DatabaseRef>;
  /** Drops the restored database while it still has the name of one. Tolerates that it never was. */
  drop(database: DatabaseRef, names: RestoreNames): Promise<void>;
}

/** PostgreSQL itself waits for 5 s each time for those who are in a database. */
const ATTEMPTS = 3;
const LOCK_WAIT = 10_000;
/** Workers open the connection that they keep again at once. */
const END_EVERY = 200;

const IN_USE = '55006';
const LOCKED = '55P03';
const NAME_TAKEN = '42P04';
const NO_SUCH_NAME = '3D000';

export function createDatabaseSwap(connect: Connect): DatabaseSwap {
  const elsewhere = (database: DatabaseRef, names: RestoreNames) =>
    connectElsewhere(connect, database, [names.database, names.restored, names.kept]);
  const from = <T>(database: DatabaseRef, names: RestoreNames, use: (client: Client) => Promise<T>): Promise<T> =>
    withConnection(elsewhere(database, names), use);

  return {
    swap: (database, names, numbers) =>
      from(database, names, async (client) => {
        if (await hasNames(client, after(names, numbers))) return;
        await requireNames(client, before(names, numbers));
        const rename = () =>
          permitted(
            () => renameBoth(client, names, numbers),
            (refusal) => mayNotRename(database, refusal),
          );
        await withConnection(elsewhere(database, names), (beside) => patiently(client, beside, names, rename));
        await requireNames(client, after(names, numbers));
      }),

    isSwapped: (database, names, { restored }) =>
      from(database, names, async (client) => (await readNames(client, [restored])).get(restored) === names.database),

    numberOf: (database, names, name) =>
      from(database, names, async (client) => {
        const { rows } = await client.query<{ oid: number }>('SELECT oid FROM pg_database WHERE datname = $1', [name]);
        return rows[0]?.oid;
      }),

    anyOf: (database, names) =>
      from(database, names, async (client) => {
        const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [names.database]);
        return rowCount === 1 ? database : { ...database, name: client.database ?? database.name };
      }),

    async drop(database, names) {
      if (!names.restored.startsWith(RESTORED_PREFIX)) throw new Error(`${names.restored} is not ours to drop.`);
      await from(database, names, (client) => dropDatabase(client, names.restored));
    },
  };
}

type Named = ReadonlyMap<number, string>;

const pairs = (present: readonly [number | undefined, string], restored: readonly [number, string]): Named =>
  new Map([...(present[0] === undefined ? [] : [[present[0], present[1]] as const]), restored]);
const before = (names: RestoreNames, { present, restored }: DatabaseNumbers): Named =>
  pairs([present, names.database], [restored, names.restored]);
const after = (names: RestoreNames, { present, restored }: DatabaseNumbers): Named =>
  pairs([present, names.kept], [restored, names.database]);

async function readNames(client: ClientBase, numbers: readonly number[]): Promise<Named> {
  const { rows } = await client.query<{ oid: number; name: string }>(
    'SELECT oid, datname::text AS name FROM pg_database WHERE oid = ANY ($1)',
    [numbers],
  );
  return new Map(rows.map(({ oid, name }) => [oid, name]));
}

async function hasNames(client: ClientBase, wanted: Named): Promise<boolean> {
  const found = await readNames(client, [...wanted.keys()]);
  return [...wanted].every(([number, name]) => found.get(number) === name);
}

async function requireNames(client: ClientBase, wanted: Named): Promise<void> {
  const found = await readNames(client, [...wanted.keys()]);
  const wrong = [...wanted].filter(([number, name]) => found.get(number) !== name);
  if (wrong.length === 0) return;
  const told = wrong.map(
    ([number, name]) => `${name} should be number ${number}, which is ${found.get(number) ?? 'gone'}`,
  );
  throw new CrossfadeError('NamesChanged', `Databases are not called as they should be: ${told.join('; ')}.`);
}

/** Whoever connects meanwhile waits, and is told afterwards that the database is not there; the next attempt finds the restored one. */
const renameBoth = (client: ClientBase, { database, restored, kept }: RestoreNames, { present }: DatabaseNumbers) =>
  inTransaction(client, async () => {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_WAIT}`);
    if (present !== undefined) await client.query(`ALTER DATABASE ${id(database)} RENAME TO ${id(kept)}`);
    await client.query(`ALTER DATABASE ${id(restored)} RENAME TO ${id(database)}`);
  });

async function patiently(
  client: ClientBase,
  beside: ClientBase,
  names: RestoreNames,
  rename: () => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withoutKept(beside, names.database, rename);
    } catch (cause) {
      const { code = '', message } = cause as Error & { code?: string };
      if (code === NAME_TAKEN || code === NO_SUCH_NAME)
        throw new CrossfadeError('NamesChanged', `The names were not swapped: ${message}.`, { cause });
      if (code !== IN_USE && code !== LOCKED) throw cause;
      if (attempt < ATTEMPTS) continue;
      const users = [
        ...(await usersOf(client, names.database, true)),
        ...(await usersOf(client, names.restored, true)),
      ];
      const who = users.length === 0 ? 'who it was has left meanwhile' : users.map(describeSessions).join('; ');
      throw new CrossfadeError('DatabaseInUse', `The names were not swapped: ${message} (${who}).`, { cause });
    }
  }
}

/** While PostgreSQL waits for those who are in the database, nobody new gets in: then Crossfade's own can be ended for good. */
async function withoutKept(beside: ClientBase, name: string, rename: () => Promise<void>): Promise<void> {
  const ending = new AbortController();
  const end = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      await sleep(END_EVERY, undefined, { signal: ending.signal }).catch(() => undefined);
      // Where it may not, they are told of like everybody else.
      if (!ending.signal.aborted) await endKeptConnections(beside, name).catch(() => undefined);
    }
  };
  const ended = end();
  try {
    await rename();
  } finally {
    ending.abort();
    await ended;
  }
}

const mayNotRename = (database: DatabaseRef, refusal: string): string =>
  `${managerOf(database)} may not rename ${database.name}: ${refusal}. Its owner may, with CREATEDB, or a superuser: give such an account as \`database.admin\`.`;
