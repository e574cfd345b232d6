import { MockActivityEnvironment } from '@temporalio/testing';
import { createMigrateActivities } from '../../src/activities/migrate.ts';
import { createAdvisoryLock } from '../../src/adapters/postgres/advisory-lock.ts';
import { createDdlWatch } from '../../src/adapters/postgres/ddl-watch.ts';
import { createGuard } from '../../src/adapters/postgres/guard.ts';
import { createKongLock } from '../../src/adapters/postgres/kong-lock.ts';
import { createLockHolders, type LockHolders } from '../../src/adapters/postgres/lock-holders.ts';
import { createMigrationAccess } from '../../src/adapters/postgres/migration-access.ts';
import { createMigrationRecord } from '../../src/adapters/postgres/migration-record.ts';
import { createMigratorRole } from '../../src/adapters/postgres/migrator-role.ts';
import { createSchemaMetaReader } from '../../src/adapters/postgres/schema-meta.ts';
import { createSeals } from '../../src/adapters/postgres/seal.ts';
import type { DatabaseRef, Side } from '../../src/domain/plan/index.ts';
import type { Stand } from './stand.ts';

/** Who runs `up`. Resolves when it has been done. */
export type Arm = (stand: Stand, y: Side) => Promise<void>;

/** As a person would: the command, and nothing else. With a time-out that lets it wait, as Kong's own advice is for large databases. */
const plain: Arm = async (stand, y) => {
  const args = ['migrations', 'up', '--db-timeout', '60'];
  const { exitCode, stderr } = await stand.runner(y).kong(args, { timeoutMs: 120_000 });
  if (exitCode !== 0) throw new Error(`kong migrations up ended with exit code ${exitCode}: ${stderr}`);
};

const byCrossfade =
  (database: (ref: DatabaseRef) => DatabaseRef, see: (holders: LockHolders) => LockHolders): Arm =>
  async ({ connect, runner, ...stand }, cluster) => {
    const guard = createGuard(connect);
    const activities = createMigrateActivities({
      runner,
      kongLock: createKongLock(connect),
      record: createMigrationRecord(connect),
      seals: createSeals(connect),
      lock: createAdvisoryLock(connect),
      access: createMigrationAccess({
        guard,
        migratorRole: createMigratorRole(connect),
        ddlWatch: createDdlWatch(connect),
      }),
      schemaMeta: createSchemaMetaReader(connect),
      lockHolders: see(createLockHolders(connect)),
    });
    const upgrade = {
      cluster: 'bench',
      workflowId: 'kong/bench',
      runId: 'bench',
      startedAt: '2026-01-01T00:00:00.000Z',
    };
    const input = { cluster, database: database(stand.database), upgrade };
    const migrate = () => activities.migrateUp(input);
    const { after }: Awaited<ReturnType<typeof migrate>> = await new MockActivityEnvironment().run(migrate);
    if (after.new.length > 0) throw new Error(`After up there is something new: ${after.new.join(', ')}.`);
  };

const same = <T>(one: T): T => one;
/** As if the transaction had come just after the look. */
const unseen = (): LockHolders => ({ read: () => Promise.resolve([]) });
const withoutAdmin = ({ admin: _, ...database }: DatabaseRef): DatabaseRef => database;

export const ARMS = {
  plain,
  crossfade: byCrossfade(same, same),
  unseen: byCrossfade(same, unseen),
  unseenWithoutRole: byCrossfade(withoutAdmin, unseen),
} as const satisfies Record<string, Arm>;

export type ArmName = keyof typeof ARMS;
