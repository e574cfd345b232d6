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
import { connect, quietEnvironment, runner, upgrade } from '../kong-adapter/fixture.ts';

export const migratorRole = createMigratorRole(connect);
export const record = createMigrationRecord(connect);
export const guard = createGuard(connect);
export const seals = createSeals(connect);
export const kongLock = createKongLock(connect);

/** What 3.4.2 to 3.9.1 has to do: `up` executes these, */
export const EXECUTED = ['core/021_340_to_350', 'core/022_350_to_360', 'core/023_360_to_370', 'core/024_380_to_390'];
/** and leaves these pending until `finish`. */
export const PENDING = [
  'acme/003_350_to_360',
  'ai-proxy/001_360_to_370',
  'opentelemetry/001_331_to_332',
  'rate-limiting/006_350_to_360',
  'response-ratelimiting/001_350_to_360',
];

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

interface Options {
  readonly patience?: Patience;
  /** Gets what is reported on the way. */
  readonly onProgress?: (details: unknown) => void;
  /** Cancels the activities, as a worker hears it from Temporal. */
  readonly cancel?: AbortSignal;
}

/** The activities with their real adapters, sealed for the usual upgrade. */
export function migrateActivities(overrides: Partial<MigrateDeps> = {}, options: Options = {}): MigrateActivities {
  const deps = {
    runner,
    record,
    kongLock,
    lock: createAdvisoryLock(connect),
    access: createMigrationAccess({ guard, migratorRole, ddlWatch: createDdlWatch(connect) }),
    schemaMeta: createSchemaMetaReader(connect),
    lockHolders: createLockHolders(connect),
    ...withSeal(sealOf(upgrade().runId)),
    ...overrides,
  } as MigrateDeps;
  const activities = createMigrateActivities(deps, options.patience);
  const run = <T>(activity: () => Promise<T>): Promise<T> => {
    const environment = quietEnvironment();
    if (options.onProgress !== undefined) environment.on('heartbeat', options.onProgress);
    options.cancel?.addEventListener('abort', () => environment.cancel());
    return environment.run(activity);
  };
  return {
    readMigrations: (input) => run(() => activities.readMigrations(input)),
    migrateUp: (input) => run(() => activities.migrateUp(input)),
    migrateFinish: (input) => run(() => activities.migrateFinish(input)),
  };
}
