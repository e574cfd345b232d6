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
  ...['certificates', 'snis', 'ca_certificates', 'sm_vaults', 'vaults_beta', 'vaults', 'keys', 'key_sets', 'partials'],
  ...['acls', 'basicauth_credentials', 'hmacauth_credentials', 'jwt_secrets', 'keyauth_credentials'],
  ...['oauth2_credentials', 'mtls_auth_credentials', 'keyauth_enc_credentials', 'degraphql_routes', 'plugins_partials'],
  // Kept by triggers on the tagged tables.
  'tags',
  // Kong Enterprise.
  ...['consumer_groups', 'consumer_group_consumers', 'consumer_group_plugins', 'admins', 'developers'],
  ...['applications', 'application_instances', 'document_objects', 'files', 'legacy_files', 'groups'],
  ...['group_rbac_roles', 'rbac_roles', 'rbac_users', 'rbac_user_roles', 'rbac_role_entities'],
  ...['rbac_role_endpoints', 'rbac_user_groups', 'event_hooks', 'licenses', 'credentials'],
  ...['graphql_ratelimiting_advanced_cost_decoration', 'header_cert_auth_credentials'],
]);

const NODES: ReadonlySet<string> = new Set([
  ...['cluster_events', 'locks', 'ttls', 'ratelimiting_metrics', 'response_ratelimiting_metrics', 'rl_counters'],
  ...['sessions', 'session_metadatas', 'oauth2_tokens', 'oauth2_authorization_codes', 'acme_storage'],
  ...['clustering_data_planes', 'clustering_rpc_requests', 'clustering_sync_version', 'clustering_sync_delta'],
  ...['clustering_sync_lock', 'schema_meta', 'schema_migrations'],
  // The id of the cluster: whichever node comes first writes it, when it starts.
  'parameters',
  // Kong Enterprise.
  ...['workspace_entity_counters', 'audit_requests', 'audit_objects', 'login_attempts', 'consumer_reset_secrets'],
  ...['license_data', 'license_llm_data'],
]);

const NODES_PREFIXES = ['vitals_', 'keyring_', 'license_'];

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
