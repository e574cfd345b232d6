import type { MigrationState } from '../migrations.ts';

/**
 * Migrations of `up` that change rows outside of a transaction in a way that a second run would do again, or that a second run would
 * destroy: a run that was ended in the middle of one must not be repeated without a look at the data.
 */
const NOT_REPEATABLE: readonly { migration: string; versions?: readonly string[]; why: string }[] = [
  { migration: 'core/016_280_to_300', why: 'a second run puts another "~" before each regex path' },
  ...['rate-limiting/006_350_to_360', 'response-ratelimiting/001_350_to_360', 'acme/003_350_to_360'].map(
    (migration) => ({
      migration,
      versions: ['3.6.0', '3.6.1'],
      why: 'a second run replaces the Redis settings by nothing',
    }),
  ),
];

/** Why `up` of a version must not run a second time over this state; `undefined` when it may. */
export function whyNotAgain(state: MigrationState, version: string): string | undefined {
  const found = NOT_REPEATABLE.find(
    ({ migration, versions }) => state.new.includes(migration) && (versions?.includes(version) ?? true),
  );
  return found === undefined ? undefined : `${found.migration}: ${found.why}`;
}
