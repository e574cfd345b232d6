import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundledPlugins } from './schema/bundled.ts';
import { atLeast, type KongVersion } from './schema/versions.ts';

/** What a user did wrong, in the words that `kong` prints after "Error: ". */
export class KongError extends Error {}

/** Kong's settings by their names in kong.conf; every value as text. */
export type Settings = Readonly<Record<string, string>>;

const DEFAULTS: Settings = {
  prefix: '/usr/local/kong',
  proxy_listen: '0.0.0.0:8000',
  admin_listen: '127.0.0.1:8001',
  role: 'traditional',
  database: 'postgres',
  plugins: 'bundled',
  pg_host: '127.0.0.1',
  pg_port: '5432',
  pg_user: 'kong',
  pg_password: '',
  pg_database: 'kong',
  pg_schema: '',
  pg_timeout: '5000',
  db_update_frequency: '5',
  worker_state_update_frequency: '5',
  _debug_pg_ttl_cleanup_interval: '300',
  log_level: 'notice',
  anonymous_reports: 'on',
  nginx_worker_processes: 'auto',
};

const SEARCHED = ['/etc/kong/kong.conf', '/etc/kong.conf'];

/** Parses `name = value` lines; `#` starts a comment unless escaped. */
export function parseConf(text: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*([a-z_][a-z0-9_]*)\s*=\s*(.*?)\s*$/i.exec(line.replace(/(^|[^\\])#.*$/, '$1'));
    if (match?.[1] !== undefined) settings[match[1].toLowerCase()] = (match[2] ?? '').replaceAll('\\#', '#');
  }
  return settings;
}

/** Where the settings come from, in rising order of force: defaults, kong.conf, `KONG_*` variables, `--prefix`. */
export interface Sources {
  readonly version: KongVersion;
  readonly conf?: string | undefined;
  readonly prefix?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

/** The file that {@link loadSettings} would read, or undefined. Throws {@link KongError} if a named file is missing. */
export function confFile(conf: string | undefined): string | undefined {
  if (conf === undefined) return SEARCHED.find((path) => existsSync(path));
  if (!existsSync(conf)) throw new KongError(`no file at: ${conf}`);
  return conf;
}

export function loadSettings(sources: Sources): Settings {
  const settings: Record<string, string> = { ...DEFAULTS };
  settings['status_listen'] = atLeast(sources.version, '3.6.1') ? '127.0.0.1:8007' : 'off';
  const file = confFile(sources.conf);
  if (file !== undefined) Object.assign(settings, parseConf(readFileSync(file, 'utf8')));
  for (const [name, value] of Object.entries(sources.env)) {
    if (name.startsWith('KONG_') && !name.startsWith('KONG_STANDIN_'))
      settings[name.slice(5).toLowerCase()] = value ?? '';
  }
  if (sources.prefix !== undefined) settings['prefix'] = sources.prefix;
  settings['prefix'] = resolve(settings['prefix'] ?? '.');
  return settings;
}

/** A setting that has a default. */
export function setting(settings: Settings, name: string): string {
  const value = settings[name];
  if (value === undefined) throw new KongError(`no value for ${name}`);
  return value;
}

/** Plugins named by `plugins`, with `bundled` spelled out. */
export function loadedPlugins(version: KongVersion, settings: Settings): ReadonlyMap<string, number> {
  const bundled = bundledPlugins(version);
  const loaded = new Map<string, number>();
  for (const name of setting(settings, 'plugins')
    .split(',')
    .map((part) => part.trim())) {
    if (name === 'bundled') for (const [plugin, priority] of bundled) loaded.set(plugin, priority);
    else if (name !== '' && name !== 'off') loaded.set(name, bundled.get(name) ?? 0);
  }
  return loaded;
}

/** Creates the prefix directory; true if it was not there. */
export function preparePrefix(settings: Settings): boolean {
  const prefix = setting(settings, 'prefix');
  const created = !existsSync(prefix);
  for (const folder of ['logs', 'pids']) mkdirSync(join(prefix, folder), { recursive: true });
  return created;
}

/** Keeps the settings for the running node and for later commands on this prefix; never a password. */
export function writeKongEnv(settings: Settings): void {
  const lines = Object.entries(settings)
    .filter(([name]) => !name.includes('password'))
    .map(([name, value]) => `${name} = ${value.replaceAll('#', '\\#')}`);
  writeFileSync(join(setting(settings, 'prefix'), '.kong_env'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** Settings that a node was started with, or undefined if the prefix was never prepared. */
export function readKongEnv(prefix: string): Settings | undefined {
  const file = join(prefix, '.kong_env');
  return existsSync(file) ? parseConf(readFileSync(file, 'utf8')) : undefined;
}
