import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { ConnectionFacts } from '../../domain/rules/index.ts';
import { withConnection, type Connect } from './connect.ts';

/** What the server says of its connections and of itself. */
export type ReadConnections = (database: DatabaseRef) => Promise<ConnectionFacts & { readonly serverMajor: number }>;

export const createReadConnections =
  (connect: Connect): ReadConnections =>
  (database) =>
    withConnection(connect(database), async (client) => {
      // Settings that a server does not know yet (reserved_connections, PostgreSQL 16) are missing rows.
      const { rows } = await client.query<ConnectionFacts & { serverMajor: number }>(
        `SELECT current_setting('max_connections')::int AS max,
                (SELECT coalesce(sum(setting::int), 0)::int FROM pg_settings
                  WHERE name IN ('superuser_reserved_connections', 'reserved_connections')) AS reserved,
                (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
                (SELECT count(*)::int FROM pg_stat_activity
                  WHERE datname = current_database() AND usename = $1 AND application_name NOT LIKE 'crossfade%') AS kong,
                current_setting('server_version_num')::int / 10000 AS "serverMajor"`,
        [database.user],
      );
      const facts = rows[0];
      if (facts === undefined) throw new Error('PostgreSQL gave no answer about its connections.');
      return facts;
    });
