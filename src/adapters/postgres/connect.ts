import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** Who to log on as: Kong's own role, or the plan's `database.admin`. */
export type Role = 'kong' | 'admin';

/** Opens one connection; the caller ends it. */
export type Connect = (database: DatabaseRef, options?: { as?: Role; name?: string }) => Promise<Client>;

const CONNECT_TIMEOUT = 5_000;

/** Sessions of Crossfade are known by this name in `pg_stat_activity`. */
export const APPLICATION_NAME = 'crossfade';

export function createConnect(secrets: Secrets): Connect {
  return async (database, { as = 'kong', name = database.name } = {}) => {
    const account = as === 'admin' ? (database.admin ?? database) : database;
    const client = new Client({
      host: database.host,
      port: database.port,
      database: name,
      user: account.user,
      ...(account.password === undefined ? {} : { password: secrets.resolve(account.password) }),
      ...(database.tls === undefined ? {} : { ssl: tlsOptions(database.tls) }),
      application_name: APPLICATION_NAME,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
    });
    // A connection that breaks while nobody waits on it must not end the worker; the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (cause) {
      throw connectionError(cause, `${account.user}@${database.host}:${database.port}/${name}`);
    }
    return client;
  };
}

/** Runs `use` on a connection and ends it whatever happens. */
export async function withConnection<T>(opening: Promise<Client>, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await opening;
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function tlsOptions(tls: NonNullable<DatabaseRef['tls']>) {
  return { rejectUnauthorized: tls.verify, ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }) };
}

const REFUSED_LOGON = new Set(['28P01', '28000', '3D000']);

function connectionError(cause: unknown, where: string): CrossfadeError {
  const { code, message } = cause as { code?: string; message?: string };
  return REFUSED_LOGON.has(code ?? '')
    ? new CrossfadeError('DatabaseRefused', `PostgreSQL refused to let Crossfade in at ${where}: ${message}.`, {
        cause,
      })
    : new CrossfadeError('DatabaseUnreachable', `PostgreSQL does not answer at ${where}: ${message}.`, { cause });
}
