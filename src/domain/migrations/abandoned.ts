import type { MigrationState } from '../migrations.ts';
import type { UpgradeRef } from '../upgrade.ts';
import { parseVersion, sameVersion } from '../version.ts';

/** An upgrade whose `up` ran, or began to, and that was given up before its seal: its X went on with the database. */
export interface AbandonedUp {
  readonly upgrade: UpgradeRef;
  /** X's version then, where it was noted. */
  readonly from?: string;
  /** Y's version then. */
  readonly to: string;
  /** What its `up` had before it. */
  readonly migrations: readonly string[];
  /** Those that its `up` may have left half done. */
  readonly inDoubt: readonly string[];
  /** When its `up` ended, or last began where its end was not seen: ISO 8601, by the database's clock. */
  readonly at: string;
}

/**
 * Migrations that an abandoned upgrade to this very version has begun: Y may go on with them. Patches of one minor version have the
 * same ones, so another patch may as well, as long as it has nothing of its own to add.
 */
export const inheritedMigrations = (
  state: MigrationState,
  abandoned: readonly AbandonedUp[],
  version: string,
): readonly string[] => [
  ...new Set(abandoned.filter((one) => leadsTo(one, state, version)).flatMap(({ migrations }) => migrations)),
];

/** Whether an upgrade to `version` goes on with what the abandoned one has begun. */
export function leadsTo({ to }: AbandonedUp, { state }: MigrationState, version: string): boolean {
  if (sameVersion(to, version)) return true;
  const [then, now] = [parseVersion(to), parseVersion(version)];
  return state === 'pending' && then?.major === now?.major && then?.minor === now?.minor;
}
