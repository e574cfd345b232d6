import type { DatabaseRef } from '../../domain/plan/index.ts';
import { withConnection, type Connect } from './connect.ts';

/** Whether `database.admin` may create roles and databases; a superuser may both. */
export type ReadAdminRights = (database: DatabaseRef) => Promise<{ roles: boolean; databases: boolean }>;

export const createReadAdminRights =
  (connect: Connect): ReadAdminRights =>
  (database) =>
    withConnection(connect(database, { as: 'admin' }), async (client) => {
      const { rows } = await client.query<{ roles: boolean; databases: boolean }>(
        `SELECT rolsuper OR rolcreaterole AS roles, rolsuper OR rolcreatedb AS databases
           FROM pg_roles WHERE rolname = current_user`,
      );
      return rows[0] ?? { roles: false, databases: false };
    });
