import { randomBytes } from 'node:crypto';
import { faults, fill, unknownFields, type Json } from '../../schema/fields.ts';
import { configFaults, readConfig, showConfig } from '../../schema/plugin-configs.ts';
import type { KongVersion } from '../../schema/versions.ts';
import { KEYS, PLUGINS, SERVICES, type Entity } from './entities.ts';
import { violation } from './errors.ts';

/** What the checks of input depend on. */
export interface InputRules {
  readonly version: KongVersion;
  readonly enabled: ReadonlyMap<string, number>;
}

/** `url` stands for protocol, host, port and path of a service. */
function spellUrl(given: Json): Json {
  const { url, ...rest } = given;
  if (typeof url !== 'string') return given;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return { ...rest, path: url };
  const port = parsed.port === '' ? (parsed.protocol === 'https:' ? 443 : 80) : Number(parsed.port);
  const path = parsed.pathname === '/' ? null : parsed.pathname;
  return { ...rest, protocol: parsed.protocol.slice(0, -1), host: parsed.hostname, port, path };
}

/** Foreign keys may be given as `service.id`, `service: {id}` or, in a form, both. */
function check(entity: Entity, values: Json): Json {
  const found = faults(entity.fields, values);
  const path = values['path'];
  if (entity === SERVICES && typeof path === 'string' && !path.startsWith('/')) found['path'] = 'should start with: /';
  const { paths } = values;
  if (Array.isArray(paths) && paths.some((item) => !/^(\/|~\/)/.test(String(item)))) {
    found['paths'] = 'should start with: / (fixed path) or ~/ (regex path)';
  }
  return found;
}

function checkPlugin({ version, enabled }: InputRules, values: Json): Json {
  const name = String(values['name']);
  if (values['name'] !== null && !enabled.has(name)) {
    return { name: `plugin '${name}' not enabled; add it to the 'plugins' configuration property` };
  }
  const config = configFaults(version, name, (values['config'] ?? {}) as Json);
  return Object.keys(config).length > 0 ? { config } : {};
}

/**
 * What a client sent as the values to store: text turned into what fields hold, defaults filled in, on top of what there
 * is (for a change). Throws ApiError if something does not fit.
 */
export function accept(rules: InputRules, entity: Entity, sent: Json, before?: Json): Json {
  const given = entity === SERVICES ? spellUrl(sent) : sent;
  const values = fill(entity.fields, { ...before, ...given });
  if (entity === PLUGINS) {
    const old = (before?.['config'] ?? {}) as Json;
    values['config'] = merge(withoutShorthands(old), (given['config'] ?? {}) as Json);
  }
  if (entity === KEYS) values['key'] ??= randomBytes(16).toString('base64url');
  const found = {
    ...unknownFields(entity.fields, given, ['id', 'created_at', 'updated_at', 'ws_id', 'url']),
    ...check(entity, values),
    ...(entity === PLUGINS ? checkPlugin(rules, values) : {}),
  };
  if (Object.keys(found).length > 0) throw violation(found);
  if (entity === PLUGINS)
    values['config'] = readConfig(rules.version, String(values['name']), values['config'] as Json);
  return values;
}

function withoutShorthands(config: Json): Json {
  return 'redis' in config
    ? Object.fromEntries(Object.entries(config).filter(([name]) => !name.startsWith('redis_')))
    : config;
}

function merge(old: Json, change: Json): Json {
  const merged: Json = { ...old };
  for (const [name, value] of Object.entries(change)) {
    const before = merged[name];
    const both = [before, value].every((part) => typeof part === 'object' && part !== null && !Array.isArray(part));
    merged[name] = both ? merge(before as Json, value as Json) : value;
    const flat = /^redis_(.*)$/.exec(name)?.[1];
    if (flat !== undefined && 'redis' in merged)
      (merged['redis'] as Json) = { ...(merged['redis'] as Json), [flat]: value };
  }
  return merged;
}

/** An entity as the Admin API shows it. */
export function show(rules: InputRules, entity: Entity, shown: Json): Json {
  if (entity !== PLUGINS) return shown;
  return { ...shown, config: showConfig(rules.version, String(shown['name']), (shown['config'] ?? {}) as Json) };
}
