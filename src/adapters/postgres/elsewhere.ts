import type { Client } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Connect } from './connect.ts';

/** Databases that nearly every server has; one for maintenance goes first. */
const USUAL = ['postgres', 'template1'];

/** The account that makes, renames and drops databases. */
export const managerOf = ({ admin, user }: DatabaseRef): string => admin?.user ?? user;

/**
 * Connects to a database of the server that is none of these: PostgreSQL renames none that somebody is in, who asks included.
 * Error `DatabaseNotPermitted` where there is no other one to be in.
 */
export async function connectElsewhere(
  connect: Connect,
  database: DatabaseRef,
  not: readonly string[],
): Promise<Client> {
  const as = database.admin === undefined ? 'kong' : 'admin';
  const refusals: string[] = [];
  const attempt = async (name: string): Promise<Client | undefined> => {
    try {
      return await connect(database, { as, name });
    } catch (error) {
      if (!(error instanceof CrossfadeError) || error.code !== 'DatabaseRefused') throw error;
      refusals.push(error.message);
      return undefined;
    }
  };
  for (const name of USUAL.filter((one) => !not.includes(one))) {
    const client = await attempt(name);
    if (client !== undefined) return client;
  }
  for (const name of await otherNames(connect, database, not)) {
    const client = await attempt(name);
    if (client !== undefined) return client;
  }
  const message = `${managerOf(database)} can be in no other database of the server, which renaming ${database.name} needs (\`postgres\` is the usual one). ${refusals.join(' ')}`;
  throw new CrossfadeError('DatabaseNotPermitted', message.trim());
}

async function otherNames(connect: Connect, database: DatabaseRef, not: readonly string[]): Promise<string[]> {
  const client = await connect(database, { as: database.admin === undefined ? 'kong' : 'admin' });
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname::text AS name FROM pg_database
        WHERE datallowconn AND has_database_privilege(oid, 'CONNECT') AND datname <> ALL ($1) ORDER BY 1 LIMIT 20`,
      [[...not, ...USUAL]],
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
}
