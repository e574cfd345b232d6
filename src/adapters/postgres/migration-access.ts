import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { DdlWatch } from './ddl-watch.ts';
import type { Guard } from './guard.ts';
import type { MigratorRole } from './migrator-role.ts';

/** What a migration command needs to get past the guard. */
export interface MigrationPass {
  /** To be added to the environment of the command, over the plan's own values; empty where it needs none. */
  readonly env: Readonly<Record<string, string>>;
  /**
   * Runs the command so that no query of a node waits behind it for long: by its role's `lock_timeout`, else watched. `cancelled`: how
   * many of its statements were cancelled, since they waited for a lock.
   */
  protect<T>(command: () => Promise<T>): Promise<{ result: T; cancelled: number }>;
}

/**
 * Lets migration commands pass the guard, and nothing else. Where the plan has `database.admin`, the command gets a role of
 * its own; else the guard is opened for the time of the command, and the fingerprint closes the gap.
 */
export interface MigrationAccess {
  /** After a crash in the middle, the next call or the next freeze or thaw mends what was left. Error `MigratorStillAtWork`. */
  run<T>(database: DatabaseRef, upgrade: UpgradeRef, use: (pass: MigrationPass) => Promise<T>): Promise<T>;
}

export interface AccessDeps {
  readonly guard: Guard;
  readonly migratorRole: MigratorRole;
  readonly ddlWatch: DdlWatch;
}

export function createMigrationAccess({ guard, migratorRole, ddlWatch }: AccessDeps): MigrationAccess {
  return {
    async run(database, upgrade, use) {
      if (database.admin === undefined) return withoutRole(database, upgrade, use);
      const { user, password, close } = await migratorRole.open(database);
      const env = { KONG_PG_USER: user, KONG_PG_PASSWORD: password };
      try {
        return await use({ env, protect: async (command) => ({ result: await command(), cancelled: 0 }) });
      } finally {
        await close();
      }
    },
  };

  async function withoutRole<T>(
    database: DatabaseRef,
    upgrade: UpgradeRef,
    use: (pass: MigrationPass) => Promise<T>,
  ): Promise<T> {
    try {
      return await use({
        env: {},
        async protect(command) {
          await guard.open(database, upgrade);
          return ddlWatch.during(database, command);
        },
      });
    } finally {
      // Also when no command ran: an earlier attempt that died has left it open.
      await guard.close(database, upgrade);
    }
  }
}
