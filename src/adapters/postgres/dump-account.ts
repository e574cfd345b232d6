import type { Client } from 'pg';
import { cannotRead, whatHelps, type NobodyReads, type Unreadable } from '../../domain/dump-account.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect, type Role } from './connect.ts';
import { findKongSchema } from './kong-tables.ts';
import { readUnreadable } from './readable.ts';

/** Who can read everything in a database. */
export interface DumpAccount {
  readonly as: Role;
  readonly user: string;
  /** With Kong's schema where another account than Kong's would have to look for it. */
  readonly database: DatabaseRef;
  /** Why it is not Kong's own role. */
  readonly instead?: Unreadable;
}

export type FindDumpAccount = (database: DatabaseRef) => Promise<DumpAccount | { readonly nobody: NobodyReads }>;

/**
 * Who can make a dump of the database and count what is in it: Kong's own role, or `database.admin` where it can't. The one place
 * that decides it. Error `NotKongDatabase`, and those of connections.
 */
export const createFindDumpAccount =
  (connect: Connect): FindDumpAccount =>
  async (database) => {
    const ofKong = await withConnection(connect(database), async (client) => {
      const unreadable = await readUnreadable(client);
      return unreadable === undefined ? undefined : { unreadable, schema: (await findKongSchema(client)).name };
    });
    if (ofKong === undefined) return { as: 'kong', user: database.user, database };
    const { unreadable: instead, schema } = ofKong;
    if (database.admin === undefined) return { nobody: [instead] };
    const ofAdmin = await withConnection(connect(database, { as: 'admin' }), readUnreadable);
    if (ofAdmin !== undefined) return { nobody: [instead, ofAdmin] };
    return { as: 'admin', user: database.admin.user, database: { ...database, schema }, instead };
  };

/** The same. Error `DatabaseNotPermitted` where nobody can. */
export async function requireDumpAccount(connect: Connect, database: DatabaseRef): Promise<DumpAccount> {
  const found = await createFindDumpAccount(connect)(database);
  if (!('nobody' in found)) return found;
  const who = found.nobody.map(cannotRead).join('; ');
  throw new CrossfadeError('DatabaseNotPermitted', `${who}. ${whatHelps(found.nobody)}`);
}

/** Runs `use` on a connection of an account that can read everything in the database. Error `DatabaseNotPermitted`. */
export async function withReader<T>(
  connect: Connect,
  database: DatabaseRef,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const account = await requireDumpAccount(connect, database);
  return withConnection(connect(account.database, { as: account.as }), use);
}
