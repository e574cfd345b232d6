import { escapeIdentifier as id, escapeLiteral, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';
import { MIGRATION_LOCK_WAIT } from './ddl-watch.ts';
import { commentOf, dropRole } from './drop-role.ts';
import { MIGRATOR_ROLE } from './guard-sql.ts';
import { findKongSchema } from './kong-tables.ts';
import { passwordVerifier, randomPassword } from './password.ts';
import { permitted } from './permitted.ts';
import { inTransaction } from './transaction.ts';

/** An account that the guard lets through, for one command. */
export interface OpenMigrator {
  readonly user: string;
  readonly password: string;
  /** Locks the account again, unless somebody else has opened it since. */
  close(): Promise<void>;
}

/**
 * The role that migrations run as. It acts as the owner of Kong's tables, so that everything it makes belongs to the owner.
 * Only for databases with `admin` in the plan.
 */
export interface MigratorRole {
  /** Makes sure that the role is there, without a way to log on. Returns its name. Errors `DatabaseNotPermitted`, `MigratorRoleTaken`. */
  prepare(database: DatabaseRef): Promise<string>;
  /** Lets it log on with a new password. Error `MigratorStillAtWork` while an earlier command has a session. */
  open(database: DatabaseRef): Promise<OpenMigrator>;
  /**
   * Removes it. Tolerates that it never was; one that is somebody else's is left alone. Returns in words why it is left without a way to
   * log on, where it can't be dropped.
   */
  remove(database: DatabaseRef): Promise<string | undefined>;
}

/** A role of this name with another comment was not made by us. */
const OURS = 'Made by Crossfade: migrations run as it.';

/** A password that was never taken back (the worker died) ends by itself. */
const VALID = '1 day';

export function createMigratorRole(connect: Connect): MigratorRole {
  const asAdmin = <T>(database: DatabaseRef, use: (client: ClientBase) => Promise<T>) =>
    withConnection(connect(database, { as: 'admin' }), use);

  async function prepare(database: DatabaseRef): Promise<string> {
    const { owner } = await withConnection(connect(database), findKongSchema);
    return asAdmin(database, async (client) => {
      const { role, there } = await readRole(client);
      const settings = `ALTER ROLE ${id(role)} IN DATABASE ${id(database.name)}`;
      await permitted(
        async () => {
          if (there) await refuseForeign(client, role);
          else
            await inTransaction(client, async () => {
              await client.query(`CREATE ROLE ${id(role)} NOLOGIN`);
              await client.query(`COMMENT ON ROLE ${id(role)} IS ${escapeLiteral(OURS)}`);
            });
          await client.query(`GRANT ${id(owner)} TO ${id(role)}`);
          await client.query(`${settings} SET role = ${id(owner)}`);
          await client.query(`${settings} SET lock_timeout = '${MIGRATION_LOCK_WAIT}ms'`);
        },
        () => notMember(role, owner),
      );
      return role;
    });
  }

  return {
    prepare,
    async open(database) {
      const user = await prepare(database);
      const password = randomPassword();
      const validUntil = await asAdmin(database, async (client) => {
        await refuseLeftSessions(client, user);
        const { rows } = await client.query<{ encryption: string; until: string }>(
          `SELECT current_setting('password_encryption') AS encryption, (now() + interval '${VALID}')::text AS until`,
        );
        const { encryption = '', until = '' } = rows[0] ?? {};
        const verifier = passwordVerifier(encryption, user, password);
        await client.query(
          `ALTER ROLE ${id(user)} LOGIN PASSWORD ${escapeLiteral(verifier)} VALID UNTIL ${escapeLiteral(until)}`,
        );
        return until;
      });
      const close = () => asAdmin(database, (client) => lockOutIfStill(client, user, validUntil));
      return { user, password, close };
    },
    async remove(database) {
      const role = await asAdmin(database, async (client) => {
        const found = (await readRole(client)).role;
        if ((await commentOf(client, found)) !== OURS) return undefined;
        await lockOut(client, found);
        return found;
      });
      if (role === undefined) return undefined;
      const { owner } = await withConnection(connect(database), findKongSchema);
      return asAdmin(database, (client) => dropRole(client, role, owner));
    },
  };
}

const lockOut = async (client: ClientBase, role: string): Promise<void> => {
  await client.query(`ALTER ROLE ${id(role)} NOLOGIN PASSWORD NULL`);
};

/** When its advisory lock was lost meanwhile, a later command may have opened the account anew, with another end. */
async function lockOutIfStill(client: ClientBase, role: string, validUntil: string): Promise<void> {
  const { rowCount } = await client.query(
    'SELECT FROM pg_roles WHERE rolname = $1 AND rolvaliduntil = $2::timestamptz',
    [role, validUntil],
  );
  if (rowCount === 1) await lockOut(client, role);
}

async function readRole(client: ClientBase): Promise<{ role: string; there: boolean }> {
  const { rows } = await client.query<{ role: string; there: boolean }>(
    `SELECT r.role, EXISTS (SELECT FROM pg_roles WHERE rolname = r.role) AS there FROM (SELECT ${MIGRATOR_ROLE} AS role) AS r`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('PostgreSQL gave no name for the role of migrations.');
  return row;
}

/** It would get a log-on, with whatever rights somebody gave it. */
async function refuseForeign(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ mighty: boolean; limited: boolean }>(
    `SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS mighty, rolconnlimit <> -1 AS limited
       FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  const refuse = (why: string) => {
    throw new CrossfadeError('MigratorRoleTaken', `The role ${role} is there already, and ${why}.`);
  };
  if ((await commentOf(client, role)) !== OURS) refuse('Crossfade did not make it');
  if (rows[0]?.mighty === true) refuse('somebody gave it rights beyond those of a migration (see `\\du` in psql)');
  if (rows[0]?.limited === true) refuse('somebody limited its connections');
}

async function refuseLeftSessions(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ pid: number }>('SELECT pid FROM pg_stat_activity WHERE usename = $1', [role]);
  if (rows.length === 0) return;
  const pids = rows.map(({ pid }) => pid).join(', ');
  throw new CrossfadeError('MigratorStillAtWork', `The role ${role} still has a session (pid ${pids}).`);
}

const notMember = (role: string, owner: string): string =>
  `The account of \`database.admin\` may not make the role ${role} a member of ${owner}. It needs CREATEROLE, and from ` +
  `PostgreSQL 16 on the ADMIN option on ${owner}; without it, leave \`admin\` out: then the guard is opened for the command.`;
