import {
  fill,
  flag,
  list,
  number,
  record,
  required,
  text,
  unknownFields,
  faults,
  map,
  type Fields,
  type Json,
} from './fields.ts';
import { atLeast, type KongVersion } from './versions.ts';

const REDIS: Fields = {
  host: text(),
  port: number(6379),
  timeout: number(2000),
  username: text(),
  password: text(),
  database: number(0),
  ssl: flag(false),
  ssl_verify: flag(false),
  server_name: text(),
};
const FLAT_REDIS: Fields = Object.fromEntries(Object.entries(REDIS).map(([name, field]) => [`redis_${name}`, field]));

const RATE_LIMITING: Fields = {
  ...{ second: number(), minute: number(), hour: number(), day: number(), month: number(), year: number() },
  ...{ limit_by: text('consumer'), header_name: text(), path: text(), policy: text('local') },
  ...{ fault_tolerant: flag(true), hide_client_headers: flag(false), error_code: number(429) },
  ...{ error_message: text('API rate limit exceeded'), sync_rate: number(-1) },
};
const RESPONSE_RATELIMITING: Fields = {
  ...{ header_name: text('x-kong-limit'), limit_by: text('consumer'), policy: text('local'), limits: map() },
  ...{ fault_tolerant: flag(true), hide_client_headers: flag(false), block_on_first_violation: flag(false) },
};
const ACME_STORAGE: Fields = {
  shm: record({ shm_name: text('kong') }),
  kong: record({}),
  vault: record({
    ...{ host: text(), port: number(), https: flag(false), token: text(), kv_path: text(), timeout: number() },
    ...{ jwt_path: text(), auth_path: text(), auth_role: text(), tls_verify: flag(true), auth_method: text('token') },
    tls_server_name: text(),
  }),
  consul: record({
    host: text(),
    port: number(),
    https: flag(false),
    token: text(),
    kv_path: text(),
    timeout: number(),
  }),
};
const OLD_ACME_REDIS: Fields = {
  ...{ host: text(), port: number(), database: number(), auth: text(), ssl: flag(false), ssl_verify: flag(false) },
  ...{ ssl_server_name: text(), namespace: text('') },
};
const ACME: Fields = {
  ...{
    account_email: required(text()),
    account_key: map(),
    api_uri: text('https://acme-v02.api.letsencrypt.org/directory'),
  },
  ...{
    tos_accepted: flag(false),
    eab_kid: text(),
    eab_hmac_key: text(),
    cert_type: text('rsa'),
    rsa_key_size: number(4096),
  },
  ...{
    renew_threshold_days: number(14),
    domains: list(),
    allow_any_domain: flag(false),
    fail_backoff_minutes: number(5),
  },
  ...{ storage: text('shm'), preferred_chain: text(), enable_ipv4_common_name: flag(true) },
};

const SAME: Readonly<Record<string, Fields>> = {
  'correlation-id': {
    header_name: text('Kong-Request-ID'),
    generator: text('uuid#counter'),
    echo_downstream: flag(false),
  },
  redirect: { status_code: number(301), location: required(text()), keep_incoming_path: flag(false) },
  'request-termination': {
    ...{
      status_code: number(503),
      message: text(),
      content_type: text(),
      body: text(),
      echo: flag(false),
      trigger: text(),
    },
  },
};

/** Fields of a plugin's configuration in a release, or undefined for the bundled plugins that are only stored here. */
export function configFields(version: KongVersion, plugin: string): Fields | undefined {
  const records = atLeast(version, '3.6.1');
  switch (plugin) {
    case 'key-auth':
      return {
        ...{
          key_names: list(['apikey']),
          key_in_header: flag(true),
          key_in_query: flag(true),
          key_in_body: flag(false),
        },
        ...{ hide_credentials: flag(false), anonymous: text(), run_on_preflight: flag(true) },
        ...(atLeast(version, '3.7.1') ? { realm: text() } : {}),
      };
    case 'rate-limiting':
      return { ...RATE_LIMITING, ...(records ? { redis: record(REDIS) } : FLAT_REDIS) };
    case 'response-ratelimiting':
      return { ...RESPONSE_RATELIMITING, ...(records ? { redis: record(REDIS) } : FLAT_REDIS) };
    case 'acme': {
      const extra = record({ namespace: text(''), scan_count: number(0) });
      const redis = record(records ? { ...REDIS, extra_options: extra } : OLD_ACME_REDIS);
      return { ...ACME, storage_config: record({ ...ACME_STORAGE, redis }) };
    }
    case 'prometheus':
      return {
        ...{ per_consumer: flag(false), status_code_metrics: flag(false), latency_metrics: flag(false) },
        ...{ bandwidth_metrics: flag(false), upstream_health_metrics: flag(false) },
        ...(atLeast(version, '3.9.0') ? { ai_metrics: flag(false) } : {}),
      };
    default:
      return SAME[plugin];
  }
}

const isLimiter = (plugin: string): boolean => plugin === 'rate-limiting' || plugin === 'response-ratelimiting';

/** Moves the flat `redis_*` names, which newer releases still take, into the record where it says nothing. */
function toRecord(given: Json): Json {
  const redis: Json = { ...(given['redis'] as Json | undefined) };
  const rest: Json = {};
  for (const [name, value] of Object.entries(given)) {
    if (!name.startsWith('redis_')) rest[name] = value;
    else redis[name.slice(6)] ??= value;
  }
  return { ...rest, redis };
}

function translated(version: KongVersion, plugin: string, given: Json): Json {
  return isLimiter(plugin) && atLeast(version, '3.6.1') ? toRecord(given) : given;
}

/** A configuration as a release understands it: defaults filled in, what it does not know left out. */
export function readConfig(version: KongVersion, plugin: string, stored: Json): Json {
  const fields = configFields(version, plugin);
  return fields === undefined ? stored : fill(fields, translated(version, plugin, stored));
}

/** What is wrong with a configuration that a client sent, by field. */
export function configFaults(version: KongVersion, plugin: string, given: Json): Json {
  const fields = configFields(version, plugin);
  if (fields === undefined) return {};
  const config = translated(version, plugin, given);
  return { ...unknownFields(fields, config), ...faults(fields, fill(fields, config)) };
}

/** A configuration as the Admin API shows it: since 3.7 with the old flat names beside the record. */
export function showConfig(version: KongVersion, plugin: string, stored: Json): Json {
  const config = readConfig(version, plugin, stored);
  if (!isLimiter(plugin) || !atLeast(version, '3.7.1')) return config;
  const flat = Object.entries(config['redis'] as Json).map(([name, value]) => [`redis_${name}`, value]);
  return { ...config, ...(Object.fromEntries(flat) as Json) };
}
