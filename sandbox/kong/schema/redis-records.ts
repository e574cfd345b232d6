/**
 * Migrations that move a plugin's flat `redis_*` fields into a record `redis`. From 3.7 on `up` only adds the record,
 * so that the older release goes on working, and `finish` removes the flat fields; 3.6.x does both at `up`.
 */
const LIMITER_FIELDS = [
  'host',
  'port',
  'username',
  'password',
  'ssl',
  'ssl_verify',
  'server_name',
  'timeout',
  'database',
];

/** `up` for rate-limiting and response-ratelimiting. */
export function addLimiterRedis(plugin: string): string {
  const fields = LIMITER_FIELDS.map(
    (field) => `'${field}', coalesce(config #> '{redis,${field}}', config -> 'redis_${field}')`,
  );
  return `UPDATE plugins SET config = jsonb_set(config, '{redis}', jsonb_build_object(${fields.join(', ')}))
    WHERE name = '${plugin}';`;
}

/** `finish` for rate-limiting and response-ratelimiting. */
export function dropLimiterRedis(plugin: string): string {
  const fields = LIMITER_FIELDS.map((field) => `'redis_${field}'`);
  return `UPDATE plugins SET config = config - ARRAY[${fields.join(', ')}] WHERE name = '${plugin}';`;
}

const ACME = `name = 'acme' AND config #> '{storage_config,redis}' IS NOT NULL`;

/** `up` for acme. */
export const ADD_ACME_REDIS = `UPDATE plugins SET config = jsonb_set(config, '{storage_config,redis}',
    (config #> '{storage_config,redis}') || jsonb_build_object(
      'password', coalesce(config #> '{storage_config,redis,password}', config #> '{storage_config,redis,auth}'),
      'server_name', coalesce(config #> '{storage_config,redis,server_name}', config #> '{storage_config,redis,ssl_server_name}'),
      'extra_options', coalesce(config #> '{storage_config,redis,extra_options}', jsonb_build_object(
        'namespace', config #> '{storage_config,redis,namespace}',
        'scan_count', config #> '{storage_config,redis,scan_count}'))))
  WHERE ${ACME};`;

/** `finish` for acme. */
export const DROP_ACME_REDIS = `UPDATE plugins SET config = jsonb_set(config, '{storage_config,redis}',
    (config #> '{storage_config,redis}') - ARRAY['auth', 'ssl_server_name', 'namespace', 'scan_count'])
  WHERE ${ACME};`;
