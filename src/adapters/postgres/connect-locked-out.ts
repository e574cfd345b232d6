import { escapeIdentifier as id, type Client } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { lockedOut } from './lock-out.ts';

/** PostgreSQL's answer to a role without the right to log on (and to one that pg_hba.conf does not let in). */
const NOT_PERMITTED = '28000';

/**
 * The role of `database.user` is X's too in most plans. While it is locked out, `database.admin` logs on in its place and acts as it;
 * only then, so that nothing else that refuses Kong's role is hidden.
 */
export const throughLockOut =
  (connect: Connect): Connect =>
  async (database, options = {}) => {
    try {
      return await connect(database, options);
    } catch (error) {
      if (options.as === 'admin' || database.admin === undefined || !isRefused(error)) throw error;
      return (await asKong(connect, database, options.name)) ?? Promise.reject(error);
    }
  };

async function asKong(connect: Connect, database: DatabaseRef, name = database.name): Promise<Client | undefined> {
  const locked = await withConnection(connect(database, { as: 'admin' }), async (client) => {
    // Schema crossfade may be closed to this account until it acts as its owner.
    await client.query(`SET ROLE ${id(database.user)}`);
    return (await lockedOut(client)).includes(database.user);
  }).catch(() => false);
  if (!locked) return undefined;
  const client = await connect(database, { as: 'admin', name });
  await client.query(`SET ROLE ${id(database.user)}`);
  return client;
}

const isRefused = (error: unknown): boolean =>
  error instanceof CrossfadeError && (error.cause as { code?: string } | undefined)?.code === NOT_PERMITTED;
