import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier, type ClientBase, type ClientConfig } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';

/** Who to log on as: Kong's own role, or the plan's `database.admin`. */
export type Role = 'kong' | 'admin';

/** Opens one connection; the caller ends it. */
export type Connect = (database: DatabaseRef, options?: { as?: Role; name?: string }) => Promise<Client>;

const CONNECT_TIMEOUT = 5_000;

/** How often, and with which pauses in milliseconds, it is tried again when the server has no free connection. */
const PAUSES_WHEN_FULL = [100, 300, 900, 1_700];

/** Sessions of Crossfade are known by this name in `pg_stat_activity`. */
export const APPLICATION_NAME = 'crossfade';

/** Tries again for a while when the server has no free connection. */
export function createConnect(secrets: Secrets): Connect {
  const connectOnce = createConnectOnce(secrets);
  return async (...which) => {
    for (let attempt = 0; ; attempt++) {
      try {
        return await connectOnce(...which);
      } catch (error) {
        const pause = PAUSES_WHEN_FULL[attempt];
        if (!isFull(error) || pause === undefined) throw error;
        await sleep(pause);
      }
    }
  };
}

/** One attempt. Errors `DatabaseRefused`, `DatabaseFull`, `DatabaseUnreachable`. */
export function createConnectOnce(secrets: Secrets): Connect {
  return async (database, { as = 'kong', name = database.name } = {}) => {
    const account = as === 'admin' ? (database.admin ?? database) : database;
    const config: ClientConfig = {
      host: database.host,
      port: database.port,
      database: name,
      user: account.user,
      ...(account.password === undefined ? {} : { password: secrets.resolve(account.password) }),
      ...(database.tls === undefined ? {} : { ssl: tlsOptions(database.tls) }),
      application_name: APPLICATION_NAME,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      keepAlive: true,
    };
    const client = new Client(config);
    // A connection that breaks while nobody waits on it must not end the worker; the next query reports it.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await enterSchema(client, database.schema);
      return client;
    } catch (cause) {
      await client.end().catch(() => undefined);
      throw connectionError(cause, `${account.user}@${database.host}:${database.port}/${name}`);
    }
  };
}

/** The session's own setting with the schema that the plan names; empty or missing without one. */
export const NAMED_SCHEMA = "nullif(current_setting('crossfade.schema', true), '')";

/**
 * Makes the plan's `database.schema` the session's own, and leaves behind that it was named: nobody may look for Kong's tables in
 * another one then. By a statement and not as the session starts, which poolers in between refuse.
 */
export async function enterSchema(client: ClientBase, schema: string | undefined): Promise<void> {
  if (schema === undefined) return;
  const set = "SELECT set_config('search_path', $1, false), set_config('crossfade.schema', $2, false)";
  await client.query(set, [escapeIdentifier(schema), schema]);
}

export const isFull = (error: unknown): boolean => error instanceof CrossfadeError && error.code === 'DatabaseFull';

/** Runs `use` on a connection and ends it whatever happens. Errors of PostgreSQL, and `DatabaseReadOnly`, `DatabaseUnreachable`. */
export async function withConnection<T>(opening: Promise<Client>, use: (client: Client) => Promise<T>): Promise<T> {
  const client = await opening;
  try {
    return await use(client);
  } catch (error) {
    throw serverError(error, client) ?? error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function tlsOptions(tls: NonNullable<DatabaseRef['tls']>) {
  return { rejectUnauthorized: tls.verify, ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }) };
}

const READ_ONLY = '25006';
/** Ended by an administrator, a crash or a restart; and what the driver says of a connection that broke. */
const SESSION_ENDED = new Set(['57P01', '57P02', '57P03', 'ECONNRESET', 'EPIPE']);
const CONNECTION_BROKE = /^Connection terminated|not queryable/;

/** What has happened to the server or the session rather than to the statement; `undefined` for anything else. */
function serverError(cause: unknown, { user, host, port, database }: Client): CrossfadeError | undefined {
  const { code = '', message = '' } = cause as { code?: string; message?: string };
  const where = `${user}@${host}:${port}/${database}`;
  if (code === READ_ONLY)
    return new CrossfadeError('DatabaseReadOnly', `PostgreSQL takes no writes at ${where}: ${message}.`, { cause });
  if (!SESSION_ENDED.has(code) && !CONNECTION_BROKE.test(message)) return undefined;
  return new CrossfadeError('DatabaseUnreachable', `PostgreSQL ended the session at ${where}: ${message}.`, { cause });
}

const REFUSED_LOGON = new Set(['28P01', '28000', '3D000', '42501']);
const NO_FREE_CONNECTION = '53300';

function connectionError(cause: unknown, where: string): CrossfadeError {
  const { code = '', message } = cause as { code?: string; message?: string };
  if (REFUSED_LOGON.has(code)) {
    const text = `PostgreSQL refused to let Crossfade in at ${where}: ${message}.`;
    return new CrossfadeError('DatabaseRefused', text, { cause });
  }
  if (code === NO_FREE_CONNECTION)
    return new CrossfadeError('DatabaseFull', `PostgreSQL has no free connection at ${where}: ${message}.`, { cause });
  return new CrossfadeError('DatabaseUnreachable', `PostgreSQL does not answer at ${where}: ${message}.`, { cause });
}
