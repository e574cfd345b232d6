import { escapeIdentifier as id, type ClientBase } from 'pg';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import { APPLICATION_NAME, withConnection, type Connect } from './connect.ts';
import { ensureCrossfadeSchema } from './crossfade-schema.ts';
import { permitted } from './permitted.ts';
import { inTransaction } from './transaction.ts';

/** Roles that may not log on for a while: X can't come back between its stop and the end of the upgrade. */
export interface LockOut {
  /**
   * Takes the log-on away and ends the sessions that are left; what was taken is written down in the same transaction. Errors
   * `DatabaseNotPermitted`, `RoleOfXShared`, `RoleOfXIsOurs`.
   */
  lock(database: DatabaseRef, upgrade: UpgradeRef, roles: readonly string[]): Promise<void>;
  /** Gives back every log-on that was taken, by whichever run. Tolerates that none was. */
  lift(database: DatabaseRef): Promise<LetIn>;
}

export interface LetIn {
  /** They may log on again. */
  readonly roles: readonly string[];
  /** There is no role of this name any more: it was dropped or renamed meanwhile, and is not waited for. */
  readonly gone: readonly string[];
}

const TABLE = `
  CREATE TABLE IF NOT EXISTS crossfade.lock_out (
    role text PRIMARY KEY,
    cluster text NOT NULL,
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
  )`;

export function createLockOut(connect: Connect): LockOut {
  const asAdmin = <T>(database: DatabaseRef, use: (client: ClientBase) => Promise<T>) =>
    withConnection(connect(database, { as: 'admin' }), (client) =>
      permitted(
        () => use(client),
        (refusal) => mayNotLockOut(database, refusal),
      ),
    );

  return {
    async lock(database, upgrade, roles) {
      await ensureCrossfadeSchema(connect, database);
      await asAdmin(database, async (client) => {
        await refuseOurs(client, roles);
        await refuseShared(client, roles);
        await inTransaction(client, async () => {
          // As the role that owns schema crossfade; it also proves that Crossfade gets in by this way afterwards.
          await client.query(`SET LOCAL ROLE ${id(database.user)}`);
          await client.query(TABLE);
          for (const role of roles)
            await client.query(
              `INSERT INTO crossfade.lock_out (role, cluster, workflow_id, run_id) SELECT rolname, $2, $3, $4
                 FROM pg_roles WHERE rolname = $1 AND rolcanlogin ON CONFLICT (role) DO NOTHING`,
              [role, upgrade.cluster, upgrade.workflowId, upgrade.runId],
            );
          await client.query('RESET ROLE');
          for (const role of roles) await client.query(`ALTER ROLE ${id(role)} NOLOGIN`);
        });
        await client.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND usename = ANY ($1) AND starts_with(application_name, $2) IS NOT TRUE`,
          [roles, APPLICATION_NAME],
        );
      });
    },

    async lift(database) {
      // Read as Kong's own role: without anything to give back, `database.admin` need not be able to act as it.
      const locked = await withConnection(connect(database), lockedOut);
      if (locked.length === 0) return { roles: [], gone: [] };
      return asAdmin(database, (client) =>
        inTransaction(client, async () => {
          const { rows } = await client.query<{ role: string }>(
            'SELECT rolname::text AS role FROM pg_roles WHERE rolname = ANY ($1)',
            [locked],
          );
          const there = new Set(rows.map(({ role }) => role));
          const roles = locked.filter((role) => there.has(role));
          for (const role of roles) await client.query(`ALTER ROLE ${id(role)} LOGIN`);
          await client.query(`SET LOCAL ROLE ${id(database.user)}`);
          await client.query('DELETE FROM crossfade.lock_out WHERE role = ANY ($1)', [locked]);
          return { roles, gone: locked.filter((role) => !there.has(role)) };
        }),
      );
    },
  };
}

/** The roles whose log-on was taken by us. To be asked as a role that owns schema crossfade. */
export async function lockedOut(client: ClientBase): Promise<string[]> {
  const { rowCount } = await client.query("SELECT FROM pg_class WHERE oid = to_regclass('crossfade.lock_out')");
  if (rowCount !== 1) return [];
  const { rows } = await client.query<{ role: string }>('SELECT role FROM crossfade.lock_out ORDER BY role');
  return rows.map(({ role }) => role);
}

/** Crossfade itself, or nobody at all, would find a way back into the server. */
async function refuseOurs(client: ClientBase, roles: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ me: string; left: boolean }>(
    `SELECT session_user::text AS me,
            EXISTS (SELECT FROM pg_roles WHERE rolsuper AND rolcanlogin AND rolname <> ALL ($1)) AS left`,
    [roles],
  );
  const { me = '', left = true } = rows[0] ?? {};
  if (roles.includes(me))
    throw new CrossfadeError('RoleOfXIsOurs', `X's nodes log on as ${me}, like Crossfade itself (\`database.admin\`).`);
  if (!left)
    throw new CrossfadeError('RoleOfXIsOurs', `No superuser but X's own role (${roles.join(', ')}) may log on.`);
}

/** A role that also serves another database of this server would be locked out of that one too. */
async function refuseShared(client: ClientBase, roles: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ role: string; database: string }>(
    `SELECT DISTINCT usename::text AS role, datname::text AS database FROM pg_stat_activity
      WHERE usename = ANY ($1) AND datname <> current_database() ORDER BY 1, 2`,
    [roles],
  );
  if (rows.length === 0) return;
  const used = rows.map(({ role, database }) => `${role} in ${database}`).join(', ');
  const message = `X's role was not locked out, because it has sessions in other databases of this server: ${used}.`;
  throw new CrossfadeError('RoleOfXShared', message);
}

function mayNotLockOut({ user, admin }: DatabaseRef, refusal: string): string {
  const account = admin?.user ?? '';
  return (
    `The account of \`database.admin\` (${account}) may not lock X's role out and act as ${user} meanwhile: ` +
    `${refusal}. It needs CREATEROLE, membership (GRANT ${id(user)} TO ${id(account)}), and from PostgreSQL 16 on the ADMIN option on X's role.`
  );
}
