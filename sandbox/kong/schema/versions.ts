/** The Kong releases that the stand-in can play. */
export const VERSIONS = ['3.4.2', '3.6.1', '3.7.1', '3.9.0', '3.9.1'] as const;
export type KongVersion = (typeof VERSIONS)[number];

/** One owner of migrations: Kong's core or a plugin, with the names of its migrations in order. */
export interface Subsystem {
  readonly name: string;
  readonly migrations: readonly string[];
}

interface Entry {
  readonly name: string;
  readonly migrations: readonly (readonly [name: string, since: KongVersion])[];
}

const FIRST = VERSIONS[0];
const always = (...names: string[]): [string, KongVersion][] => names.map((name) => [name, FIRST]);

const CORE: Entry = {
  name: 'core',
  migrations: [
    ...always('000_base', '003_100_to_110', '004_110_to_120', '005_120_to_130', '006_130_to_140', '007_140_to_150'),
    ...always('008_150_to_200', '009_200_to_210', '010_210_to_211', '011_212_to_213', '012_213_to_220'),
    ...always('013_220_to_230', '014_230_to_270', '015_270_to_280', '016_280_to_300', '017_300_to_310'),
    ...always('018_310_to_320', '019_320_to_330', '020_330_to_340'),
    ['021_340_to_350', '3.6.1'],
    ['022_350_to_360', '3.6.1'],
    ['023_360_to_370', '3.7.1'],
    ['024_380_to_390', '3.9.0'],
  ],
};

const PLUGINS: readonly Entry[] = [
  { name: 'acl', migrations: always('000_base_acl', '002_130_to_140', '003_200_to_210', '004_212_to_213') },
  {
    name: 'acme',
    migrations: [...always('000_base_acme', '001_280_to_300', '002_320_to_330'), ['003_350_to_360', '3.6.1']],
  },
  { name: 'ai-proxy', migrations: [['001_360_to_370', '3.7.1']] },
  { name: 'basic-auth', migrations: always('000_base_basic_auth', '002_130_to_140', '003_200_to_210') },
  { name: 'bot-detection', migrations: always('001_200_to_210') },
  { name: 'hmac-auth', migrations: always('000_base_hmac_auth', '002_130_to_140', '003_200_to_210') },
  { name: 'http-log', migrations: always('001_280_to_300') },
  { name: 'ip-restriction', migrations: always('001_200_to_210') },
  { name: 'jwt', migrations: always('000_base_jwt', '002_130_to_140', '003_200_to_210') },
  { name: 'key-auth', migrations: always('000_base_key_auth', '002_130_to_140', '003_200_to_210', '004_320_to_330') },
  {
    name: 'oauth2',
    migrations: [
      ...always('000_base_oauth2', '003_130_to_140', '004_200_to_210', '005_210_to_211'),
      ...always('006_320_to_330', '007_320_to_330'),
    ],
  },
  { name: 'opentelemetry', migrations: [['001_331_to_332', '3.6.1']] },
  { name: 'post-function', migrations: always('001_280_to_300') },
  { name: 'pre-function', migrations: always('001_280_to_300') },
  {
    name: 'rate-limiting',
    migrations: [
      ...always('000_base_rate_limiting', '003_10_to_112', '004_200_to_210', '005_320_to_330'),
      ['006_350_to_360', '3.6.1'],
    ],
  },
  {
    name: 'response-ratelimiting',
    migrations: [...always('000_base_response_rate_limiting'), ['001_350_to_360', '3.6.1']],
  },
  { name: 'session', migrations: always('000_base_session', '001_add_ttl_index', '002_320_to_330') },
];

/** `a` is the same release as `b` or a later one. */
export function atLeast(a: KongVersion, b: KongVersion): boolean {
  return VERSIONS.indexOf(a) >= VERSIONS.indexOf(b);
}

/** What a release's `kong migrations` knows, given the plugins that its configuration loads. */
export function subsystems(version: KongVersion, loadedPlugins: ReadonlySet<string>): Subsystem[] {
  return [CORE, ...PLUGINS.filter((plugin) => loadedPlugins.has(plugin.name))]
    .map(({ name, migrations }) => ({
      name,
      migrations: migrations.filter(([, since]) => atLeast(version, since)).map(([migration]) => migration),
    }))
    .filter((subsystem) => subsystem.migrations.length > 0);
}

/** Lua namespace of a subsystem's migrations, as `kong migrations status` prints it. */
export function namespace(subsystem: string): string {
  return subsystem === 'core' ? 'kong.db.migrations.core' : `kong.plugins.${subsystem}.migrations`;
}
