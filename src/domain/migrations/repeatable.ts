import type { MigrationState } from '../migrations.ts';
import { parseVersion } from '../version.ts';
import { knownMigration } from './known.ts';

/** Why `up` of a version must not run a second time over this state; `undefined` when it may. */
export function whyNotAgain(state: MigrationState, version: string): string | undefined {
  const y = parseVersion(version);
  if (y === undefined) return undefined;
  const found = state.new.map((name) => knownMigration(name, y)).find((one) => one?.again !== undefined);
  return found === undefined ? undefined : `${found.name}: ${found.again}`;
}
