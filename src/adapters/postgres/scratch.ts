import { createHash } from 'node:crypto';
import { escapeIdentifier as id, type Client, type ClientBase } from 'pg';
import type { Locale } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Connect } from './connect.ts';
import { asCreator, createDatabase, dropDatabase } from './new-database.ts';

/** Databases for a test, beside Kong's own or on another server. */
export interface ScratchDatabases {
  /**
   * Gives `work` an empty database that Kong's own role owns, and drops it whatever happens. One of the same name, which an earlier
   * attempt left, is dropped first; so is every other scratch database of the server that no session uses: what an upgrade left whose
   * worker died for good. Error `DatabaseNotPermitted` where neither `database.admin` nor Kong's role may create one.
   * @param on the server, and a database that is there
   * @param encoding of the new database
   */
  use<T>(on: DatabaseRef, name: string, encoding: string, work: (scratch: DatabaseRef) => Promise<T>): Promise<T>;
}

const PREFIX = 'crossfade_scratch_';

/** The same name for every attempt, so that what a crash left is found again. */
export const scratchName = (purpose: string, manifestKey: string): string =>
  `${PREFIX}${purpose}_${createHash('sha256').update(manifestKey).digest('hex').slice(0, 12)}`;

export function createScratchDatabases(connect: Connect): ScratchDatabases {
  return {
    async use(on, name, encoding, work) {
      if (!name.startsWith(PREFIX)) throw new Error(`${name} is not the name of a scratch database.`);
      const drop = () => asCreator(connect, on, (client) => dropDatabase(client, name));
      const scratch = { ...on, name };
      await asCreator(connect, on, dropUnused);
      const held = await createAndHold(connect, scratch, async () => {
        await drop();
        await asCreator(connect, on, async (client) => {
          const wanted = { name, owner: on.user, locale: await localeLike(client, on.name, encoding) };
          await createDatabase(client, wanted, on.admin?.user ?? on.user);
        });
      });
      let result;
      try {
        result = await work(scratch);
      } catch (error) {
        await end(held);
        await drop().catch(() => undefined);
        throw error;
      }
      await end(held);
      await drop();
      return result;
    },
  };
}

const end = (client: Client) => client.end().catch(() => undefined);

const GONE = '3D000';
const ATTEMPTS = 3;

/** The session tells others that the database is in use. Between its creation and that somebody may have taken it for a left one. */
async function createAndHold(connect: Connect, scratch: DatabaseRef, create: () => Promise<void>): Promise<Client> {
  for (let attempt = 1; ; attempt++) {
    await create();
    try {
      return await connect(scratch);
    } catch (error) {
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      if (!(error instanceof CrossfadeError) || code !== GONE || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Somebody else's, in use after all, or gone meanwhile. */
const NOT_OURS = new Set(['42501', '55006', GONE]);

async function dropUnused(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT datname::text AS name FROM pg_database d
      WHERE starts_with(datname, $1) AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = d.datname)`,
    [PREFIX],
  );
  for (const { name } of rows)
    await client.query(`DROP DATABASE IF EXISTS ${id(name)}`).catch((error: Error & { code?: string }) => {
      if (!NOT_OURS.has(error.code ?? '')) throw error;
    });
}

/** What the server surely knows: like its database of that name, where it can hold this encoding; else sorted by bytes. */
async function localeLike(client: ClientBase, database: string, encoding: string): Promise<Locale> {
  const { rows } = await client.query<Locale>(
    `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype FROM pg_database WHERE datname = $1`,
    [database],
  );
  const [found] = rows;
  return found?.encoding === encoding ? found : { encoding, collate: 'C', ctype: 'C' };
}
