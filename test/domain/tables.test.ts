import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tableUse, type TableShape, type TableUse } from '../../src/domain/tables.ts';

const RECORDED = fileURLToPath(new URL('../kong/recorded', import.meta.url));

/** Tables of Kong that people configure, and those that its nodes write by themselves, in every version unless it is said. */
const CONFIGURATION =
  'acls basicauth_credentials ca_certificates certificates consumers hmacauth_credentials jwt_secrets keyauth_credentials ' +
  'oauth2_credentials plugins routes services snis tags targets upstreams workspaces';
const NODES =
  'acme_storage cluster_events clustering_data_planes locks oauth2_authorization_codes oauth2_tokens parameters ' +
  'ratelimiting_metrics response_ratelimiting_metrics schema_meta sessions';
const SINCE_3 = 'filter_chains key_sets keys sm_vaults';
const SINCE_3_7 = 'clustering_rpc_requests';
const SINCE_3_9 = 'clustering_sync_delta clustering_sync_version';

/** As `pg_dump` of each version named them, after `bootstrap` or after `up`. */
const BY_VERSION: Readonly<Record<string, readonly [configuration: string, nodes: string]>> = {
  '2.8.5': [`${CONFIGURATION} vaults_beta`, `${NODES} ttls`],
  '2.8.5, after up to 3.4.2': [`${CONFIGURATION} ${SINCE_3} vaults_beta`, `${NODES} ttls`],
  '3.4.2': [`${CONFIGURATION} ${SINCE_3}`, NODES],
  '3.6.1': [`${CONFIGURATION} ${SINCE_3}`, NODES],
  '3.7.1': [`${CONFIGURATION} ${SINCE_3}`, `${NODES} ${SINCE_3_7}`],
  '3.8.1': [`${CONFIGURATION} ${SINCE_3}`, `${NODES} ${SINCE_3_7}`],
  '3.9.0': [`${CONFIGURATION} ${SINCE_3}`, `${NODES} ${SINCE_3_7} ${SINCE_3_9}`],
  '3.9.1': [`${CONFIGURATION} ${SINCE_3}`, `${NODES} ${SINCE_3_7} ${SINCE_3_9}`],
};

/** What Kong Enterprise has beyond these, by its migrations. */
const ENTERPRISE: readonly [configuration: string, nodes: string] = [
  'ace_auth_strategies ace_credentials ace_operation_groups ace_operation_groups_credentials ' +
    'ace_operation_groups_operations ace_operations admins application_instances applications consumer_group_consumers ' +
    'consumer_group_plugins consumer_groups credentials custom_plugins degraphql_routes developers document_objects ' +
    'event_hooks files graphql_ratelimiting_advanced_cost_decoration group_rbac_roles groups ' +
    'header_cert_auth_credentials keyauth_enc_credentials konnect_applications legacy_files licenses ' +
    'mtls_auth_credentials partials plugins_partials rbac_role_endpoints rbac_role_entities rbac_roles ' +
    'rbac_user_groups rbac_user_roles rbac_users vault_auth_vaults vaults workspace_entities',
  'audit_objects audit_requests basicauth_brute_force_locks basicauth_brute_force_metrics clustering_sync_lock ' +
    'consumer_reset_secrets jwt_signer_jwks keyring_keys keyring_meta license_data license_llm_data login_attempts ' +
    'oic_issuers oic_jwks rl_counters session_metadatas vitals_code_classes_by_cluster ' +
    'vitals_code_classes_by_workspace vitals_codes_by_consumer_route vitals_codes_by_route vitals_locks ' +
    'vitals_node_meta vitals_stats_days vitals_stats_hours vitals_stats_minutes vitals_stats_seconds ' +
    'workspace_entity_counters',
];

const words = (text: string) => text.split(' ');
const byName = (name: string): TableUse => tableUse({ name, columns: [] });

describe("what each table of Kong's is to a freeze", () => {
  test.each(Object.entries({ ...BY_VERSION, Enterprise: ENTERPRISE }))('%s', (_, [configuration, nodes]) => {
    expect(words(configuration).filter((name) => byName(name) !== 'configuration')).toEqual([]);
    expect(words(nodes).filter((name) => byName(name) !== 'nodes')).toEqual([]);
  });

  const recordings = readdirSync(RECORDED).flatMap((file) => /^tables-(\d.*)\.txt$/.exec(file)?.[1] ?? []);

  test.each(recordings)('the recorded schema of %s has these tables and no others', (version) => {
    const recorded = readFileSync(`${RECORDED}/tables-${version}.txt`, 'utf8');
    const names = [...recorded.matchAll(/^\| (\w+): /gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(25);
    expect(names.toSorted()).toEqual(words((BY_VERSION[version] ?? ['', '']).join(' ')).toSorted());
  });

  test('tables that were recorded: four versions', () => {
    expect(recordings.toSorted()).toEqual(['3.4.2', '3.6.1', '3.7.1', '3.9.1']);
  });
});

describe('a table that no list knows', () => {
  const shape = (...columns: string[]): TableShape => ({
    name: 'unheard_of',
    columns: columns.map((column) => {
      const [name = '', type = 'text'] = column.split(' ');
      return { name, type };
    }),
  });

  test.each<[string, TableShape, TableUse]>([
    ['tagged', shape('id uuid', 'tags text[]'), 'looks-like-configuration'],
    ['tagged, expiring', shape('id uuid', 'tags text[]', 'ttl timestamp'), 'looks-like-configuration'],
    ['of a workspace', shape('id uuid', 'ws_id uuid', 'key'), 'looks-like-configuration'],
    ['an entity with a date', shape('id uuid', 'created_at timestamp'), 'looks-like-configuration'],
    ['expiring, untagged', shape('id uuid', 'created_at timestamp', 'ttl timestamp'), 'unknown'],
    ['a counter', shape('key', 'count integer'), 'unknown'],
    ['without an id of its own', shape('id integer', 'tags text[]'), 'unknown'],
  ])('%s', (_, table, use) => {
    expect(tableUse(table)).toBe(use);
  });
});
