import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Client } from 'pg';
import { createFreezeActivities } from '../../src/activities/freeze.ts';
import { createSealActivities } from '../../src/activities/seal.ts';
import { createConnect } from '../../src/adapters/postgres/connect.ts';
import { createFingerprints } from '../../src/adapters/postgres/fingerprint.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createDdlWatch } from '../../src/adapters/postgres/ddl-watch.ts';
import { createMigrationAccess } from '../../src/adapters/postgres/migration-access.ts';
import { createMigratorRole } from '../../src/adapters/postgres/migrator-role.ts';
import { createWriteProof } from '../../src/adapters/postgres/proof.ts';
import { createQuietWatch } from '../../src/adapters/postgres/quiet.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import { runCommand } from '../../src/adapters/process/index.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { PASSWORD, type Kong } from '../kong-adapter/fixture.ts';

export { PASSWORD, sql, startKongDatabases, upgrade, type Kong } from '../kong-adapter/fixture.ts';

export const secrets = createSecrets({
  KONG_DB_PASSWORD: PASSWORD,
  ADMIN_PASSWORD: 'postgres',
  WRONG: 'not-the-password',
});
export const connect = createConnect(secrets);
export const guard = createGuard(connect);
export const migratorRole = createMigratorRole(connect);
export const access = createMigrationAccess({ guard, migratorRole, ddlWatch: createDdlWatch(connect) });
export const fingerprints = createFingerprints(connect);

const activities = createFreezeActivities({
  guard,
  proof: createWriteProof(connect),
  fingerprints,
  quiet: createQuietWatch(connect),
  migratorRole,
  runCommand,
  environment: { PATH: process.env['PATH'] ?? '' },
});

/** The activities, each run as a worker would. */
export const freeze = inActivity(activities);
export const seals = inActivity(createSealActivities({ seals: createSeals(connect) }));

/** Wraps every activity so that it runs in an activity's context. */
export function inActivity<T extends object>(all: T): T {
  const entries = Object.entries(all).map(([name, activity]) => [
    name,
    (...args: unknown[]) =>
      new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(
        activity as (...args: unknown[]) => Promise<unknown>,
        ...args,
      ),
  ]);
  return Object.fromEntries(entries) as T;
}

export const withoutAdmin = ({ admin: _, ...database }: DatabaseRef): DatabaseRef => database;

export const withAdmin = (database: DatabaseRef): DatabaseRef => ({
  ...database,
  admin: { user: 'postgres', password: { env: 'ADMIN_PASSWORD' } },
});

/** One service with a route, a consumer with a key that expires and one that does not, a plugin. */
export const CONTENT = `
  INSERT INTO services (id, name, host, protocol, port, ws_id, tags, enabled)
    SELECT '00000000-0000-4000-8000-000000000001', 'billing', 'billing.internal', 'http', 80, id, '{team-a}', true FROM workspaces;
  INSERT INTO routes (id, name, service_id, paths, ws_id)
    SELECT '00000000-0000-4000-8000-000000000002', 'billing-v1', '00000000-0000-4000-8000-000000000001', '{/billing}', id FROM workspaces;
  INSERT INTO consumers (id, username, ws_id) SELECT '00000000-0000-4000-8000-000000000003', 'ann', id FROM workspaces;
  INSERT INTO plugins (id, name, config, enabled, ws_id, cache_key)
    SELECT '00000000-0000-4000-8000-000000000004', 'rate-limiting', '{"minute": 5, "policy": "local"}', true, id, 'k' FROM workspaces;
  INSERT INTO keyauth_credentials (id, key, consumer_id, ws_id, ttl, tags)
    SELECT '00000000-0000-4000-8000-000000000005'::uuid, 'key-that-stays', '00000000-0000-4000-8000-000000000003'::uuid, id, NULL::timestamptz, '{a}'::text[] FROM workspaces
    UNION ALL SELECT '00000000-0000-4000-8000-000000000006'::uuid, 'key-of-today', '00000000-0000-4000-8000-000000000003', id, now() + interval '1 hour', '{b}' FROM workspaces`;

/** A session of its own, ended by the caller. */
export async function session(
  kong: Kong,
  database: DatabaseRef,
  login: { user: string; password: string },
): Promise<Client> {
  const client = new Client({ host: kong.postgres.host, port: kong.postgres.port, database: database.name, ...login });
  await client.connect();
  return client;
}

export const asKong = { user: 'kong', password: PASSWORD };
