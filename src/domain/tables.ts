/**
 * What a table of Kong's database is to a freeze.
 * - `configuration`: guarded and part of the fingerprint.
 * - `looks-like-configuration`: the same, but not on the list (a custom plugin's, a newer Kong's): it is named to people.
 * - `nodes`: written by running nodes or by proxied traffic: stays writable and is no part of the fingerprint.
 * - `unknown`: neither on the list nor of that look; treated like `nodes`.
 */
export type TableUse = 'configuration' | 'looks-like-configuration' | 'nodes' | 'unknown';

/** Written through the Admin API or a declarative import only, in every version from 2.8 on. */
const CONFIGURATION: ReadonlySet<string> = new Set([
  ...['workspaces', 'services', 'routes', 'consumers', 'plugins', 'upstreams', 'targets', 'filter_chains'],
  ...['certificates', 'snis', 'ca_certificates', 'sm_vaults', 'vaults_beta', 'vaults', 'keys', 'key_sets'],
  ...['acls', 'basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'keyauth_credentials'],
  'oauth2_credentials',
  // Kept by triggers on the tagged tables.
  'tags',
  // Kong Enterprise: entities, and who may change them.
  ...['consumer_groups', 'consumer_group_consumers', 'consumer_group_plugins', 'partials', 'plugins_partials'],
  ...['custom_plugins', 'log_serializers', 'event_hooks', 'licenses', 'workspace_entities', 'jwks', 'jwk_sets'],
  ...['admins', 'credentials', 'groups', 'group_rbac_roles', 'rbac_roles', 'rbac_users', 'rbac_user_roles'],
  ...['rbac_user_groups', 'rbac_role_entities', 'rbac_role_endpoints', 'consumers_rbac_users_map'],
  // Kong Enterprise: the developer portal.
  ...['developers', 'applications', 'application_instances', 'konnect_applications', 'document_objects', 'files'],
  'legacy_files',
  // Kong Enterprise: plugins.
  ...['mtls_auth_credentials', 'header_cert_auth_credentials', 'keyauth_enc_credentials', 'vault_auth_vaults'],
  ...['degraphql_routes', 'graphql_ratelimiting_advanced_cost_decoration'],
  ...['ace_auth_strategies', 'ace_credentials', 'ace_operations', 'ace_operation_groups'],
  ...['ace_operation_groups_credentials', 'ace_operation_groups_operations'],
]);

const NODES: ReadonlySet<string> = new Set([
  ...['cluster_events', 'locks', 'ttls', 'ratelimiting_metrics', 'response_ratelimiting_metrics'],
  ...['sessions', 'session_metadatas', 'oauth2_tokens', 'oauth2_authorization_codes', 'acme_storage'],
  ...['clustering_data_planes', 'clustering_rpc_requests', 'schema_meta', 'schema_migrations'],
  // The id of the cluster: whichever node comes first writes it, when it starts.
  'parameters',
  // Kong Enterprise: counters, logs, log-ins. `workspace_entity_counters` follow the entities by themselves.
  ...['workspace_entity_counters', 'rl_counters', 'audit_requests', 'audit_objects', 'login_attempts'],
  'consumer_reset_secrets',
  // Kong Enterprise: keys that nodes fetch from other servers, or make, and renew while they answer requests.
  'jwt_signer_jwks',
]);

/** `oic_`: keys of identity providers, fetched and renewed by the nodes. `clustering_sync_`: what control planes tell each other. */
const NODES_PREFIXES = ['vitals_', 'keyring_', 'license_', 'oic_', 'clustering_sync_', 'basicauth_brute_force_'];

/** Tables with nothing but counters and measurements, by name or by what it begins with (`*`): they fill themselves again. */
export const COUNTERS: readonly string[] = [
  'ratelimiting_metrics',
  'response_ratelimiting_metrics',
  'rl_counters',
  'vitals_*',
];

export const holdsCounters = (table: string): boolean =>
  COUNTERS.some((name) => (name.endsWith('*') ? table.startsWith(name.slice(0, -1)) : table === name));

export interface TableShape {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What a table is, by its name, or else by its columns. */
export function tableUse({ name, columns }: TableShape): TableUse {
  if (CONFIGURATION.has(name)) return 'configuration';
  if (NODES.has(name) || NODES_PREFIXES.some((prefix) => name.startsWith(prefix))) return 'nodes';
  return looksLikeConfiguration(columns) ? 'looks-like-configuration' : 'unknown';
}

/** Kong's entities have an `id uuid`; tags mark what people configure, an expiry without tags what nodes write. */
function looksLikeConfiguration(columns: TableShape['columns']): boolean {
  const has = (name: string) => columns.some((column) => column.name === name);
  if (!columns.some((column) => column.name === 'id' && column.type === 'uuid')) return false;
  if (has('tags')) return true;
  const expires = has('ttl') || has('expire_at') || has('expires_at');
  return !expires && (has('ws_id') || has('created_at'));
}

export const isConfiguration = (use: TableUse): boolean =>
  use === 'configuration' || use === 'looks-like-configuration';
