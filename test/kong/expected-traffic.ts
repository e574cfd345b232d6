/** How each release signs what it sends, as recorded. */
export const RELEASES = {
  '3.4.2': { via: 'kong/3.4.2', requestId: false, tellsUpstream: false, workspace: '', first: '1', last: '1000' },
  '3.6.1': { via: 'kong/3.6.1', requestId: true, tellsUpstream: false, workspace: '', first: '1', last: '1000' },
  '3.7.1': {
    via: 'kong/3.7.1',
    requestId: true,
    tellsUpstream: false,
    workspace: 'workspace="default",',
    first: '1',
    last: '1000',
  },
  '3.9.1': {
    via: '1.1 kong/3.9.1',
    requestId: true,
    tellsUpstream: true,
    workspace: 'workspace="default",',
    first: '5',
    last: '6000',
  },
} as const;

export type Release = keyof typeof RELEASES;

/** Requests with the answer that was recorded for them. */
export const REQUESTS = [
  { path: '/r1/a', headers: {}, status: 401, message: 'No API key found in request', limited: false },
  { path: '/r1/a', headers: { apikey: 'nobody' }, status: 401, message: 'Unauthorized', limited: false },
  { path: '/r1/a', headers: { apikey: 'alice-key' }, status: 200, message: undefined, limited: true },
  { path: '/r2/a', headers: {}, status: 200, message: undefined, limited: false },
  { path: '/r3/a', headers: {}, status: 200, message: undefined, limited: false },
  { path: '/nope', headers: {}, status: 404, message: 'no Route matched with those values', limited: false },
] as const;

export const ALWAYS = [
  'kong_datastore_reachable',
  'kong_memory_lua_shared_dict_bytes',
  'kong_memory_lua_shared_dict_total_bytes',
  'kong_memory_workers_lua_vms_bytes',
  'kong_nginx_connections_total',
  'kong_nginx_requests_total',
  'kong_nginx_timers',
  'kong_node_info',
];

/** Families that only the prometheus plugin with all its switches on brings. */
export const WITH_PLUGIN = [
  'kong_bandwidth_bytes',
  'kong_http_requests_total',
  'kong_kong_latency_ms',
  'kong_nginx_metric_errors_total',
  'kong_request_latency_ms',
  'kong_upstream_latency_ms',
];
