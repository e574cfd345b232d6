// A large installation: so many entities in all, each with its row in `tags`, as Kong's triggers make one for every entity.

/** Shares of the entities, in percent. */
const SHARES = { services: 2, routes: 8, consumers: 40, keyauth_credentials: 40, plugins: 10 } as const;

/** How many consumers (and keys) there are among so many entities. */
export const consumersOf = (entities: number): number => (entities * SHARES.consumers) / 100;

const CONFIG = `jsonb_build_object('minute', n % 1000, 'hour', NULL, 'policy', 'redis', 'limit_by', 'consumer',
  'fault_tolerant', true, 'hide_client_headers', false, 'error_code', 429, 'error_message', 'API rate limit exceeded',
  'redis', jsonb_build_object('host', 'redis-' || n % 50, 'port', 6379, 'database', 0, 'timeout', 2000, 'ssl', false,
    'username', NULL, 'password', md5('secret-' || n)))`;

/** The n-th entity of a kind has the same id every time. */
const id = (kind: string, n: string) => `md5('${kind}-' || ${n})::uuid`;

/** SQL that fills a new database of Kong with so many entities. As a superuser: Kong's own triggers rest meanwhile. */
export function fill(entities: number): string {
  const count = (table: keyof typeof SHARES) => (entities * SHARES[table]) / 100;
  const some = (kind: keyof typeof SHARES) => id(kind, `(1 + n % ${count(kind)})`);
  const tags = `CASE WHEN n % 3 = 0 THEN ARRAY['team-' || n % 40, 'managed-by-deck'] END`;
  const insert = (table: keyof typeof SHARES, columns: string, values: string) =>
    `INSERT INTO ${table} (id, created_at, ws_id, tags, ${columns})
     SELECT ${id(table, 'n')}, now(), w.id, ${tags}, ${values} FROM generate_series(1, ${count(table)}) AS n, workspaces AS w`;
  return [
    'SET session_replication_role = replica',
    insert(
      'services',
      'name, protocol, host, port, path, retries, connect_timeout, read_timeout, write_timeout, enabled',
      `'service-' || n, 'https', 'service-' || n || '.internal.example.com', 8443, '/api/v' || n % 4, 5, 60000, 60000, 60000, true`,
    ),
    insert(
      'routes',
      'name, service_id, protocols, methods, hosts, paths, strip_path, preserve_host, regex_priority, path_handling, headers',
      `'route-' || n, ${some('services')}, '{http,https}', '{GET,POST}', ARRAY['api-' || n % 500 || '.example.com'],
       ARRAY['/route-' || n, '/alias/' || n], true, false, 0, 'v0', '{"x-tenant": ["a", "b"]}'`,
    ),
    insert('consumers', 'username, custom_id', `'consumer-' || n, 'customer-' || md5(n::text)`),
    insert('keyauth_credentials', 'key, consumer_id', `'key-' || n, ${some('consumers')}`),
    insert(
      'plugins',
      'name, route_id, config, enabled, cache_key, protocols',
      `'rate-limiting', ${some('routes')}, ${CONFIG}, true, 'plugins:rate-limiting:' || n, '{http,https}'`,
    ),
    ...Object.keys(SHARES).map((table) => `INSERT INTO tags SELECT id, '${table}', tags FROM ${table}`),
    'RESET session_replication_role',
  ].join(';\n');
}
