import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { Guard } from './guard.ts';
import type { MigratorRole } from './migrator-role.ts';

/** What a migration command needs to get past the guard. */
export interface MigrationPass {
  /** To be added to the environment of the command, over the plan's own values; empty where it needs none. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Lets migration commands pass the guard, and nothing else. Where the plan has `database.admin`, the command gets a role of
 * its own; else the guard is opened for the time of the command, and the fingerprint closes the gap.
 */
export interface MigrationAccess {
  /** After a crash in the middle, the next call or the next freeze or thaw mends what was left. Error `MigratorStillAtWork`. */
  run<T>(database: DatabaseRef, upgrade: UpgradeRef, use: (pass: MigrationPass) => Promise<T>): Promise<T>;
}

export function createMigrationAccess(deps: { guard: Guard; migratorRole: MigratorRole }): MigrationAccess {
  const { guard, migratorRole } = deps;
  return {
    async run(database, upgrade, use) {
      if (database.admin === undefined) return withGuardOpen(guard, database, upgrade, use);
      const { user, password, close } = await migratorRole.open(database);
      try {
        return await use({ env: { KONG_PG_USER: user, KONG_PG_PASSWORD: password } });
      } finally {
        await close();
      }
    },
  };
}

async function withGuardOpen<T>(
  guard: Guard,
  database: DatabaseRef,
  upgrade: UpgradeRef,
  use: (pass: MigrationPass) => Promise<T>,
): Promise<T> {
  await guard.open(database, upgrade);
  try {
    return await use({ env: {} });
  } finally {
    await guard.close(database, upgrade);
  }
}
