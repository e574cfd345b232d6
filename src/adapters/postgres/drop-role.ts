import { escapeIdentifier as id, type ClientBase } from 'pg';
import { inTransaction } from './transaction.ts';

/** Something depends on the role: after what was done here, in another database of the server. */
const DEPENDENT = '2BP01';

/**
 * Drops a role that acted as `owner`, with the rights that people gave it and the objects that they made by it meanwhile: those go to the
 * owner. What can't be dropped (it has objects in another database) is left without a way to log on. Returns that in words, and
 * `undefined` for a role that is gone.
 */
export async function dropRole(client: ClientBase, role: string, owner: string): Promise<string | undefined> {
  try {
    await inTransaction(client, async () => {
      await joinIfOutside(client, role);
      await client.query(`REASSIGN OWNED BY ${id(role)} TO ${id(owner)}`);
      // Nothing belongs to it any more: this takes its rights back, and no more.
      await client.query(`DROP OWNED BY ${id(role)}`);
      await client.query(`DROP ROLE ${id(role)}`);
    });
    return undefined;
  } catch (cause) {
    const { code, detail } = cause as { code?: string; detail?: string };
    if (code !== DEPENDENT) throw cause;
    await client.query(`ALTER ROLE ${id(role)} NOLOGIN PASSWORD NULL`);
    const what = (detail ?? (cause as Error).message).replaceAll('\n', '; ');
    return `The role ${role} is left, and can't log on any more; something that Crossfade did not make depends on it (${what}). Remove that, then: DROP ROLE ${id(role)}`;
  }
}

/** Who is neither superuser nor member may drop a role that it made, and touch nothing that the role has. */
async function joinIfOutside(client: ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ outside: boolean }>(
    "SELECT NOT pg_has_role(current_user, $1::name, 'USAGE') AS outside",
    [role],
  );
  if (rows[0]?.outside === true) await client.query(`GRANT ${id(role)} TO CURRENT_USER`);
}

/** The comment of a role, empty without one; `undefined` without the role. */
export async function commentOf(client: ClientBase, role: string): Promise<string | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = $1`,
    [role],
  );
  return rows[0] === undefined ? undefined : (rows[0].comment ?? '');
}
