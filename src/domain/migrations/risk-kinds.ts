import { compareVersions, type KongVersion } from '../version.ts';
import { knownMigration, movesRedisInUp } from './known.ts';
import type { PairFacts, RiskName } from './risks.ts';

/** What is known of a pair before anybody looks into the database. */
export interface Pair {
  readonly x: KongVersion;
  readonly y: KongVersion;
  readonly enterprise: boolean;
  readonly migrations: readonly string[];
}

/** One danger: which pairs it concerns, and what in the database it needs. */
export interface Kind {
  readonly name: RiskName;
  concerns(pair: Pair): boolean;
  /** Under which condition, for a plan that is only read. */
  readonly when: string;
  /** What is affected; `undefined`: nothing. */
  affects(facts: PairFacts, pair: Pair): string | undefined;
  readonly instead: string;
}

const version = (major: number, minor: number, patch = 0, build = 0): KongVersion => ({ major, minor, patch, build });
const within = (one: KongVersion, first: KongVersion, end: KongVersion): boolean =>
  compareVersions(first, one) <= 0 && compareVersions(one, end) < 0;
const counted = (what: string, count: number): string | undefined => (count === 0 ? undefined : `${what}: ${count}`);

/** Versions of Enterprise of which Kong says that their migrations can fail: from, and fixed in. */
const MAY_FAIL: readonly (readonly [KongVersion, KongVersion])[] = [
  [version(3, 8), version(3, 8, 1, 1)],
  [version(3, 10), version(3, 10, 0, 7)],
  [version(3, 11), version(3, 11, 0, 7)],
  [version(3, 12), version(3, 12, 0, 1)],
];

/** Every danger that is known. */
export const KINDS: readonly Kind[] = [
  {
    name: 'up-breaks-x',
    concerns: ({ x, y }) => movesRedisInUp(y) && compareVersions(x, version(3, 6)) < 0,
    when: 'plugins of X keep counters or certificates in a Redis',
    affects: ({ redisPlugins }) => {
      const names = Object.entries(redisPlugins).map(([name, count]) => `${name} (${count})`);
      return names.length === 0
        ? undefined
        : `\`up\` takes the Redis settings away from plugins that X reads: ${names.join(', ')}; X fails at its next restart`;
    },
    instead:
      'Upgrade to 3.7 or later instead, whose `up` keeps them: there is no way to 3.6.0 or 3.6.1 with X serving.',
  },
  {
    name: 'up-breaks-x',
    concerns: ({ migrations }) => migrations.includes('core/025_390_to_3100'),
    when: 'X uses incremental sync (cluster_incremental_sync)',
    affects: ({ syncDeltas }) =>
      counted('`up` drops clustering_sync_delta, which X writes to with incremental sync; rows in it', syncDeltas),
    instead: 'Turn cluster_incremental_sync off on X, restart it, and empty clustering_sync_delta first.',
  },
  {
    name: 'up-fails',
    concerns: ({ y, enterprise }) => enterprise && compareVersions(y, version(3, 11)) === 0,
    when: 'an AI plugin was in use for more than a week',
    affects: ({ llmLicenses }) => counted('`up` to 3.11.0.0 fails on rows of license_llm_data', llmLicenses),
    instead: 'Upgrade to 3.11.0.1 or later, or empty license_llm_data first (TRUNCATE license_llm_data).',
  },
  {
    name: 'finish-fails',
    concerns: ({ y, migrations }) =>
      migrations.includes('opentelemetry/001_331_to_332') && within(y, version(3, 6, 1), version(3, 8)),
    when: 'an opentelemetry plugin has no config.queue',
    affects: ({ queuelessOpentelemetry }) =>
      counted('`finish` crashes on opentelemetry plugins without config.queue', queuelessOpentelemetry),
    instead: 'PATCH these plugins with {"config": {"queue": {}}} before the upgrade, or upgrade to 3.8 or later.',
  },
  {
    name: 'up-not-repeatable',
    concerns: ({ migrations, y }) => migrations.some((name) => knownMigration(name, y)?.again !== undefined),
    when: 'always',
    affects: (_, { migrations, y }) => {
      const names = migrations.filter((name) => knownMigration(name, y)?.again !== undefined);
      return `an \`up\` that is ended in the middle can't be repeated, the backup would have to be restored: ${names.join(', ')}`;
    },
    instead: 'Choose another target version first, or see to it that nothing ends `up` (host, database, network).',
  },
  {
    name: 'up-may-fail',
    concerns: ({ y, enterprise }) => enterprise && MAY_FAIL.some(([first, fixed]) => within(y, first, fixed)),
    when: 'always',
    affects: () => 'Kong lists failing migrations among the known issues of this version',
    instead: 'Upgrade to a later patch of the same minor version.',
  },
  {
    name: 'finish-deletes-duplicates',
    concerns: ({ migrations }) => migrations.includes('core/016_280_to_300'),
    when: 'targets of an upstream are there twice (2.8 keeps old weights as rows)',
    affects: ({ duplicateTargets }) =>
      counted('`finish` deletes all but the newest row of each target; rows that go', duplicateTargets),
    instead: 'Delete the old rows yourself first.',
  },
];
