import { createHash } from 'node:crypto';
import { escapeIdentifier as id, escapeLiteral, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';

/** Databases for a test, beside Kong's own on the same server. */
export interface ScratchDatabases {
  /**
   * An empty database that Kong's own role owns; one of the same name, which an earlier attempt left, is dropped first.
   * Error `DatabaseNotPermitted` where neither `database.admin` nor Kong's role may create one.
   */
  create(database: DatabaseRef, name: string): Promise<DatabaseRef>;
  /** Ends its sessions and drops it. Tolerates that it never was. Only scratch databases are ever dropped. */
  drop(database: DatabaseRef, name: string): Promise<void>;
}

const PREFIX = 'crossfade_scratch_';

/** The same name for every attempt, so that what a crash left is found again. */
export const scratchName = (purpose: string, manifestKey: string): string =>
  `${PREFIX}${purpose}_${createHash('sha256').update(manifestKey).digest('hex').slice(0, 12)}`;

export function createScratchDatabases(connect: Connect): ScratchDatabases {
  // Any database but the one to be dropped will do; Kong's own is there.
  const asCreator = <T>(database: DatabaseRef, use: (client: ClientBase) => Promise<T>) =>
    withConnection(connect(database, { as: database.admin === undefined ? 'kong' : 'admin' }), use);

  return {
    create: (database, name) =>
      asCreator(database, async (client) => {
        requireScratch(name);
        await client.query(`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`);
        const { rows } = await client.query<{ encoding: string; collate: string; ctype: string }>(
          `SELECT pg_encoding_to_char(encoding) AS encoding, datcollate AS collate, datctype AS ctype
             FROM pg_database WHERE datname = $1`,
          [database.name],
        );
        const { encoding = 'UTF8', collate = 'C', ctype = 'C' } = rows[0] ?? {};
        try {
          await client.query(
            `CREATE DATABASE ${id(name)} OWNER ${id(database.user)} TEMPLATE template0 ENCODING ${escapeLiteral(encoding)}
               LC_COLLATE ${escapeLiteral(collate)} LC_CTYPE ${escapeLiteral(ctype)}`,
          );
        } catch (cause) {
          if ((cause as { code?: string }).code !== '42501') throw cause;
          const who = database.admin?.user ?? database.user;
          throw new CrossfadeError(
            'DatabaseNotPermitted',
            `The role ${who} may not create a scratch database for ${database.user}: ${(cause as Error).message}. Give an account that may as \`database.admin\`.`,
            { cause },
          );
        }
        return { ...database, name };
      }),

    drop: (database, name) =>
      asCreator(database, async (client) => {
        requireScratch(name);
        await client.query(`DROP DATABASE IF EXISTS ${id(name)} WITH (FORCE)`);
      }),
  };
}

function requireScratch(name: string): void {
  if (!name.startsWith(PREFIX)) throw new Error(`${name} is not the name of a scratch database.`);
}
