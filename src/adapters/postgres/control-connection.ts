import type { Client } from 'pg';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { createConnect, createConnectOnce, isFull, type Connect, type Role } from './connect.ts';
import { endSession, isGuarded, KeptConnection } from './kept-connection.ts';

/**
 * Keeps a connection open to each database that is frozen, so that the freeze can be lifted when PostgreSQL has no free
 * connection left. Whoever ends a session of Kong's role in a frozen database leaves it to be kept, if none is kept yet.
 */
export interface ControlConnections {
  /**
   * As `createConnect`, but where the server has no free connection for Kong's role, it lends the one that is kept, to one user
   * after the other: for work of seconds, never for what lasts as long as a dump or a migration.
   */
  readonly connect: Connect;
  /** Sees to it that a connection is kept if the database is frozen. Never throws. */
  watch(database: DatabaseRef): Promise<void>;
  /** Ends all that are kept, for the shutdown. */
  close(): Promise<void>;
}

export function createControlConnections(secrets: Secrets): ControlConnections {
  const connectOnce = createConnectOnce(secrets);
  const connectPatiently = createConnect(secrets);
  const kept = new Map<string, KeptConnection>();
  let closed = false;

  /** What `end()` does to a session of Kong's role. */
  async function leave(client: Client, database: DatabaseRef): Promise<void> {
    const key = keyOf(database);
    const guarded = closed ? undefined : await isGuarded(client);
    if (guarded === true && !closed && !kept.has(key)) {
      const reopen = () => connectOnce(database);
      const control = new KeptConnection(client, database.schema, reopen, () => kept.delete(key));
      kept.set(key, control);
      // Before anybody else can see it: clean, and with the name by which it is known.
      return control.look();
    }
    await endSession(client);
    // There was a free connection, and the guard is gone: nothing to wait for.
    if (guarded === false) await kept.get(key)?.look(false);
  }

  async function connect(database: DatabaseRef, options: { as?: Role; name?: string } = {}): Promise<Client> {
    if (!isKongs(database, options)) return connectPatiently(database, options);
    try {
      const open = kept.has(keyOf(database)) ? connectOnce : connectPatiently;
      const client = await open(database, options);
      client.end = () => leave(client, database);
      return client;
    } catch (error) {
      const lent = isFull(error) ? await kept.get(keyOf(database))?.lend() : undefined;
      if (lent === undefined) throw error;
      return lent;
    }
  }

  return {
    connect,
    async watch(database) {
      if (closed || kept.has(keyOf(database))) return;
      try {
        await (await connect(database)).end();
      } catch {
        // Only a precaution: whoever needs the database finds out by himself what is wrong with it.
      }
    },
    async close() {
      closed = true;
      await Promise.all([...kept.values()].map((one) => one.close()));
    },
  };
}

const keyOf = ({ host, port, name, schema = '', user }: DatabaseRef): string =>
  `${user}@${host}:${port}/${name}/${schema}`;

const isKongs = (database: DatabaseRef, { as = 'kong', name = database.name }: { as?: Role; name?: string }): boolean =>
  name === database.name && (as === 'kong' || database.admin === undefined);
