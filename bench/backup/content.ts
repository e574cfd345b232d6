// What a large installation of Kong keeps, by share of the bytes of a dump: names and tags that repeat, configuration in JSON, keys,
// tokens and certificates that hardly compress, counters.

const MB = 1_000_000;

/** Bytes of a row in a dump, its row in `tags` included. */
const ROW = {
  consumers: 272,
  keyauth_credentials: 276,
  oauth2_tokens: 293,
  plugins: 1_910,
  counters: 140,
  certs: 2_040,
};
/** Percent. */
const SHARE = { consumers: 15, keyauth_credentials: 20, oauth2_tokens: 15, plugins: 25, counters: 20, certs: 5 };

type Part = keyof typeof ROW;

/** Like the keys and tokens that Kong makes: 32 letters and figures. */
const TOKEN = `translate(encode(sha256((random()::text || n)::bytea), 'base64'), '+/=' || chr(10), 'xyz')`;
const secret = (parts: number) => Array.from({ length: parts }, () => TOKEN).join(' || ');
const TAGS = `CASE WHEN n % 3 = 0 THEN ARRAY['team-' || n % 40, 'managed-by-deck'] END`;

const CONFIG = `jsonb_build_object('client_id', ARRAY[substr(${TOKEN}, 1, 24)], 'client_secret', ARRAY[${TOKEN}],
  'issuer', 'https://login-' || n % 20 || '.example.com/realms/' || n % 300, 'auth_methods', ARRAY['bearer', 'session', 'introspection'],
  'scopes', ARRAY['openid', 'profile', 'email'], 'session_secret', ${TOKEN}, 'session_cookie_name', 'session-' || n,
  'cache_ttl', 3600, 'cache_ttl_neg', NULL, 'timeout', 10000, 'ssl_verify', true, 'keepalive', true, 'hide_credentials', false,
  'upstream_headers_claims', ARRAY['sub', 'email', 'groups'], 'upstream_headers_names', ARRAY['x-user', 'x-email', 'x-groups'],
  'rediscovery_lifetime', 30, 'unauthorized_error_message', 'Unauthorized', 'forbidden_error_message', 'Forbidden',
  'redis', jsonb_build_object('host', 'redis-' || n % 50, 'port', 6379, 'database', 0, 'timeout', 2000, 'ssl', false,
    'username', NULL, 'password', ${TOKEN}, 'sentinel_nodes', NULL, 'sentinel_role', NULL, 'cluster_nodes', NULL),
  'jwk', jsonb_build_object('kty', 'RSA', 'e', 'AQAB', 'kid', md5(n::text), 'n', ${secret(8)}))`;

/** SQL that fills a new database of Kong so that a dump of it has about so many bytes. As a superuser: Kong's own triggers rest. */
export function fill(megabytes: number): string {
  const rows = (part: Part) => Math.ceil((megabytes * MB * SHARE[part]) / 100 / ROW[part]);
  const insert = (table: string, part: Part, columns: string, values: string) =>
    `INSERT INTO ${table} (${columns}) SELECT ${values} FROM generate_series(1, ${rows(part)}) AS n, workspaces AS w`;
  const id = 'gen_random_uuid()';
  const consumer = (n: string) => `md5('consumer-' || ${n})::uuid`;
  return [
    'SET session_replication_role = replica',
    insert(
      'consumers',
      'consumers',
      'id, username, custom_id, tags, ws_id',
      `${consumer('n')}, 'consumer-' || n, md5(n::text), ${TAGS}, w.id`,
    ),
    insert(
      'keyauth_credentials',
      'keyauth_credentials',
      'id, consumer_id, key, tags, ws_id',
      `${id}, ${consumer(`1 + n % ${rows('consumers')}`)}, ${TOKEN}, ${TAGS}, w.id`,
    ),
    insert(
      'oauth2_tokens',
      'oauth2_tokens',
      'id, access_token, refresh_token, token_type, expires_in, authenticated_userid, scope, ttl, ws_id',
      `${id}, ${TOKEN}, 'r' || ${TOKEN}, 'bearer', 7200, 'user-' || n % 10000, 'read write', now() + interval '14 days', w.id`,
    ),
    insert(
      'plugins',
      'plugins',
      'id, name, config, enabled, cache_key, protocols, tags, ws_id',
      `${id}, 'openid-connect', ${CONFIG}, true, 'plugins:openid-connect:' || n, '{http,https}', ${TAGS}, w.id`,
    ),
    insert(
      'ratelimiting_metrics',
      'counters',
      'identifier, period, period_date, service_id, route_id, value, ttl',
      `${id}::text, (ARRAY['second', 'minute', 'hour', 'day'])[1 + n % 4], date_trunc('hour', now()), md5('s' || n % 500)::uuid,
       md5('r' || n % 2000)::uuid, (random() * 1000)::int, now() + interval '1 day'`,
    ),
    insert(
      'ca_certificates',
      'certs',
      'id, cert, cert_digest, tags',
      `${id}, '-----BEGIN CERTIFICATE-----' || chr(10) || ${secret(46)} || chr(10) || '-----END CERTIFICATE-----', md5(n::text) || n, ${TAGS}`,
    ),
    ...['consumers', 'keyauth_credentials', 'plugins', 'ca_certificates'].map(
      (table) => `INSERT INTO tags SELECT id, '${table}', tags FROM ${table}`,
    ),
    'RESET session_replication_role',
  ].join(';\n');
}
