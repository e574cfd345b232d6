import { escapeIdentifier as id, escapeLiteral, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { Secrets } from '../secrets.ts';
import { APPLICATION_NAME, createConnect, withConnection, type Connect } from './connect.ts';
import { commentOf, dropRole } from './drop-role.ts';
import { findKongSchema } from './kong-tables.ts';
import { passwordVerifier } from './password.ts';
import { permitted } from './permitted.ts';
import { parseSetting, settingSql } from './setting.ts';

/**
 * The role by which Y's nodes log on, so that their sessions can be told from X's. It acts as the owner of Kong's tables and has the
 * password of Kong's own role: no new secret. Only for databases with `admin` in the plan.
 */
export interface RoleOfY {
  /**
   * Makes it, or brings it up to date, and proves that it can log on. Errors `DatabaseNotPermitted`, `RoleOfYTaken`, `RoleOfYRefused`.
   */
  prepare(database: DatabaseRef, role: string): Promise<void>;
  /** Its sessions, in any database, in words; Crossfade's own left out, which `drop` ends. */
  sessions(database: DatabaseRef, role: string): Promise<readonly string[]>;
  /**
   * Removes it. Tolerates that it never was; one that is somebody else's is left alone. Returns in words why it is left without a way to
   * log on, where it can't be dropped.
   */
  drop(database: DatabaseRef, role: string): Promise<string | undefined>;
}

/** A role of this name with another comment was not made by us. */
const OURS = 'Made by Crossfade: Kong nodes log on by it.';

export function createRoleOfY(connect: Connect, secrets: Secrets): RoleOfY {
  // Of its own: a session of this role that somebody keeps or lends would stand in the way of its removal.
  const logOn = createConnect(secrets);
  const asAdmin = <T>(database: DatabaseRef, use: (client: ClientBase) => Promise<T>) =>
    withConnection(connect(database, { as: 'admin' }), use);

  return {
    async prepare(database, role) {
      const { owner } = await withConnection(connect(database), findKongSchema);
      const password = database.password === undefined ? undefined : secrets.resolve(database.password);
      await asAdmin(database, async (client) => {
        const found = await commentOf(client, role);
        if (found !== undefined && found !== OURS)
          throw new CrossfadeError('RoleOfYTaken', `The role ${role} is there already, and Crossfade did not make it.`);
        await permitted(
          async () => {
            if (found === undefined) await client.query(`CREATE ROLE ${id(role)} NOLOGIN`);
            await client.query(`COMMENT ON ROLE ${id(role)} IS ${escapeLiteral(OURS)}`);
            await client.query(`GRANT ${id(owner)} TO ${id(role)}`);
            for (const setting of await settingsLike(client, database.user))
              await client.query(`ALTER ROLE ${id(role)} IN DATABASE ${id(database.name)} SET ${setting}`);
            await client.query(`ALTER ROLE ${id(role)} IN DATABASE ${id(database.name)} SET role = ${id(owner)}`);
            await client.query(`ALTER ROLE ${id(role)} LOGIN PASSWORD ${await verifier(client, role, password)}`);
          },
          (refusal) => notMember(role, owner, refusal),
        );
      });
      await proveLogOn(logOn, database, role, owner);
    },

    sessions: (database, role) =>
      asAdmin(database, async (client) => {
        const { rows } = await client.query<{ session: string }>(
          `SELECT format('pid %s (%s) from %s in %s', pid, coalesce(nullif(application_name, ''), 'no name'),
                         CASE WHEN client_port = -1 THEN '[local]' ELSE coalesce(host(client_addr), '?') END, datname) AS session
             FROM pg_stat_activity
            WHERE usename = $1 AND starts_with(application_name, $2) IS NOT TRUE ORDER BY pid`,
          [role, APPLICATION_NAME],
        );
        return rows.map(({ session }) => session);
      }),

    async drop(database, role) {
      const ours = await asAdmin(database, async (client) => (await commentOf(client, role)) === OURS);
      if (!ours) return undefined;
      const { owner } = await withConnection(connect(database), findKongSchema);
      return asAdmin(database, async (client) => {
        await client.query(
          'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 AND starts_with(application_name, $2)',
          [role, APPLICATION_NAME],
        );
        return dropRole(client, role, owner);
      });
    },
  };
}

/** What is set for Kong's own role (a `search_path`, say) is set for Y's too: as `name = 'value'`, the database's own last. */
async function settingsLike(client: ClientBase, user: string): Promise<string[]> {
  const { rows } = await client.query<{ settings: string[] }>(
    `SELECT setconfig AS settings FROM pg_db_role_setting
      WHERE setrole = (SELECT oid FROM pg_roles WHERE rolname = $1)
        AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      ORDER BY setdatabase`,
    [user],
  );
  return rows
    .flatMap(({ settings }) => settings)
    .map(parseSetting)
    .filter(({ name }) => name !== 'role')
    .map(settingSql);
}

async function verifier(client: ClientBase, role: string, password: string | undefined): Promise<string> {
  if (password === undefined) return 'NULL';
  const { rows } = await client.query<{ encryption: string }>(
    "SELECT current_setting('password_encryption') AS encryption",
  );
  return escapeLiteral(passwordVerifier(rows[0]?.encryption ?? '', role, password));
}

const notMember = (role: string, owner: string, refusal: string): string =>
  `The account of \`database.admin\` may not make the role ${role} a member of ${owner}: ${refusal}. It needs ` +
  `CREATEROLE, and from PostgreSQL 16 on the ADMIN option on ${owner}; \`sessions.ownRoleForY: false\` in the plan does without.`;

/** `pg_hba.conf` may name users, and a pooler knows only those that it was told of: nothing but a log-on shows it. */
async function proveLogOn(
  logOn: Connect,
  { admin: _, ...database }: DatabaseRef,
  role: string,
  owner: string,
): Promise<void> {
  try {
    await withConnection(logOn({ ...database, user: role }), async (client) => {
      const { rows } = await client.query<{ me: string }>('SELECT current_user AS me');
      const me = rows[0]?.me;
      if (me !== owner)
        throw new CrossfadeError('RoleOfYRefused', `Logged on as ${role}, it acts as ${me}, not as ${owner}.`);
    });
  } catch (cause) {
    if (!(cause instanceof CrossfadeError) || cause.code !== 'DatabaseRefused') throw cause;
    const message = `Y's nodes could not log on by their own role ${role}, which has the password of ${database.user}. ${cause.message}`;
    throw new CrossfadeError('RoleOfYRefused', message, { cause });
  }
}
