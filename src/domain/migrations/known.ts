import { compareVersions, type KongVersion } from '../version.ts';

/** What is known of one migration of Kong's core or of a bundled plugin. Sentences begin in lower case: they stand after the name. */
export interface KnownMigration {
  /** `<subsystem>/<migration>`. */
  readonly name: string;
  /** The first version that has it. */
  readonly since: KongVersion;
  /** What `up` does. */
  readonly up: string;
  /** What `finish` does; without it `finish` has nothing to do. */
  readonly finish?: string;
  /** What a second run of its `up` would do, where it must not be repeated. */
  readonly again?: string;
}

/** Of a migration that has work in `finish` only. */
export const NOTHING_YET = 'changes nothing yet';

type Row = Omit<KnownMigration, 'name' | 'since'>;

const ADDS_EXPIRY = { up: 'adds triggers that delete expired rows with each insert' };

/** By the version that brought it along. 2.8 has everything before 3.0. */
const KNOWN: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  '3.0.0': {
    'core/016_280_to_300': {
      up: 'rewrites routes.paths (a "~" before each regex path), copies vaults_beta into sm_vaults, adds columns to routes, targets and upstreams',
      finish: 'drops vaults_beta and vaults, deletes duplicate rows of targets, fills targets.cache_key',
      again: 'a second run puts another "~" before each regex path',
    },
    'http-log/001_280_to_300': {
      up: NOTHING_YET,
      finish: 'makes one text of each list in config.headers of the http-log plugins',
    },
    'pre-function/001_280_to_300': {
      up: 'copies config.functions of the pre-function plugins to config.access',
      finish: 'removes config.functions of the pre-function plugins',
    },
    'post-function/001_280_to_300': {
      up: 'copies config.functions of the post-function plugins to config.access',
      finish: 'removes config.functions of the post-function plugins',
    },
    'acme/001_280_to_300': { up: 'adds an index to acme_storage' },
  },
  '3.1.0': { 'core/017_300_to_310': { up: 'creates the tables key_sets and keys, adds a column to upstreams' } },
  '3.2.0': { 'core/018_310_to_320': { up: 'adds plugins.instance_name, unique in its workspace' } },
  '3.3.0': {
    'core/019_320_to_330': {
      up: 'adds updated_at to nine tables in one transaction (it locks them; PostgreSQL 10 rewrites them), and triggers that delete expired rows',
    },
    'acme/002_320_to_330': ADDS_EXPIRY,
    'key-auth/004_320_to_330': ADDS_EXPIRY,
    'rate-limiting/005_320_to_330': ADDS_EXPIRY,
    'session/002_320_to_330': ADDS_EXPIRY,
    'oauth2/006_320_to_330': ADDS_EXPIRY,
    'oauth2/007_320_to_330': { up: 'adds oauth2_authorization_codes.plugin_id' },
  },
  '3.4.0': { 'core/020_330_to_340': { up: 'drops the table ttls, which nothing uses, and creates filter_chains' } },
  '3.5.0': { 'core/021_340_to_350': { up: 'adds clustering_data_planes.labels' } },
  '3.6.0': {
    'core/022_350_to_360': { up: 'adds clustering_data_planes.cert_details' },
    'acme/003_350_to_360': copiesRedis('acme', 'the old fields of config.storage_config.redis'),
    'rate-limiting/006_350_to_360': copiesRedis('rate-limiting', 'config.redis_*'),
    'response-ratelimiting/001_350_to_360': copiesRedis('response-ratelimiting', 'config.redis_*'),
  },
  '3.6.1': {
    'opentelemetry/001_331_to_332': {
      up: NOTHING_YET,
      finish: 'sets config.queue.max_batch_size of the opentelemetry plugins to 200 where it is 1',
    },
  },
  '3.7.0': {
    'core/023_360_to_370': {
      up: 'creates the table clustering_rpc_requests, adds clustering_data_planes.rpc_capabilities',
    },
    'ai-proxy/001_360_to_370': {
      up: NOTHING_YET,
      finish: 'turns log_statistics off in ai-proxy plugins for providers that have none',
    },
  },
  '3.9.0': { 'core/024_380_to_390': { up: 'creates the tables clustering_sync_version and clustering_sync_delta' } },
  '3.10.0': {
    'core/025_390_to_3100': {
      up: 'drops the table clustering_sync_delta, makes clustering_sync_version a bigint (it rewrites the table)',
    },
    'session/003_330_to_3100': { up: 'creates the table session_metadatas' },
  },
};

/** Since 3.7 (and 3.6.1.5 of Enterprise): `up` adds what Y reads, `finish` removes what X reads. */
function copiesRedis(plugin: string, old: string): Row {
  return {
    up: `copies the Redis settings of the ${plugin} plugins to where Y reads them`,
    finish: `removes ${old} of the ${plugin} plugins, which X reads`,
  };
}

/** The same migrations as they were in 3.6.0 and 3.6.1: both in `up`. */
const MOVES_REDIS = /^(acme\/003|rate-limiting\/006|response-ratelimiting\/001)_350_to_360$/;

/** Whether `up` to this version takes the Redis settings away from an X before 3.6. */
export const movesRedisInUp = ({ major, minor, patch, build }: KongVersion): boolean =>
  major === 3 && minor === 6 && (patch === 0 || (patch === 1 && build < 5));

/** What is known of a migration as this version of Kong has it. */
export function knownMigration(name: string, version: KongVersion): KnownMigration | undefined {
  const found = ALL.find((one) => one.name === name);
  if (found === undefined || !MOVES_REDIS.test(name) || !movesRedisInUp(version)) return found;
  return {
    name,
    since: found.since,
    up: `moves the Redis settings of the ${name.split('/')[0]} plugins to where Y reads them: X has none any more`,
    again: 'a second run replaces the Redis settings by nothing',
  };
}

/** Those that a Kong with all bundled plugins has to run on the way from one version to another. */
export const knownBetween = (x: KongVersion, y: KongVersion): readonly KnownMigration[] =>
  ALL.filter(({ since }) => compareVersions(x, since) < 0 && compareVersions(since, y) <= 0).flatMap(
    ({ name }) => knownMigration(name, y) ?? [],
  );

const ALL: readonly KnownMigration[] = Object.entries(KNOWN).flatMap(([since, rows]) => {
  const [major = 0, minor = 0, patch = 0] = since.split('.').map(Number);
  return Object.entries(rows).map(([name, row]) => ({ name, since: { major, minor, patch, build: 0 }, ...row }));
});
