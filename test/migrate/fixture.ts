import type { MigrateActivities, Seal } from '../../src/activities/contract.ts';
import { createMigrateActivities, type MigrateDeps } from '../../src/activities/migrate.ts';
import type { Patience } from '../../src/activities/patiently.ts';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import { createDdlWatch } from '../../src/adapters/postgres/ddl-watch.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createKongLock } from '../../src/adapters/postgres/kong-lock.ts';
import { createLockHolders } from '../../src/adapters/postgres/lock-holders.ts';
import { createMigrationAccess } from '../../src/adapters/postgres/migration-access.ts';
import { createMigrationRecord } from '../../src/adapters/postgres/migration-record.ts';
import { createMigratorRole } from '../../src/adapters/postgres/migrator-role.ts';
import { createSchemaMetaReader } from '../../src/adapters/postgres/schema-meta.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import { asActivity, connect, runner, upgrade } from '../kong-adapter/fixture.ts';

export const migratorRole = createMigratorRole(connect);
export const record = createMigrationRecord(connect);
export const guard = createGuard(connect);
export const seals = createSeals(connect);

export const sealOf = (runId: string): Seal => ({
  cluster: 'payments',
  workflowId: 'kong/payments',
  runId,
  approvedBy: ['somebody'],
  sealedAt: '2026-01-01T00:00:00.000Z',
  closed: false,
});

/** As if the command ran with these variables, whatever the guard needs. */
export const withEnv = (env: Record<string, string>): Partial<MigrateDeps> => ({
  access: {
    run: (_database, _upgrade, use) =>
      use({ env, protect: async (command) => ({ result: await command(), cancelled: 0 }) }),
  },
});

export const withSeal = (seal: Seal | undefined): Partial<MigrateDeps> => ({
  seals: { read: () => Promise.resolve(seal) },
});

/** The activities with their real adapters, sealed for the usual upgrade. */
export function migrateActivities(overrides: Partial<MigrateDeps> = {}, patience?: Patience): MigrateActivities {
  const deps = {
    runner,
    record,
    kongLock: createKongLock(connect),
    lock: createAdvisoryLock(connect),
    access: createMigrationAccess({ guard, migratorRole, ddlWatch: createDdlWatch(connect) }),
    schemaMeta: createSchemaMetaReader(connect),
    lockHolders: createLockHolders(connect),
    ...withSeal(sealOf(upgrade().runId)),
    ...overrides,
  } as MigrateDeps;
  const activities = createMigrateActivities(deps, patience);
  return {
    readMigrations: (input) => asActivity(() => activities.readMigrations(input)),
    migrateUp: (input) => asActivity(() => activities.migrateUp(input)),
    migrateFinish: (input) => asActivity(() => activities.migrateFinish(input)),
  };
}
