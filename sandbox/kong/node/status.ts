import type { Connections } from './listener.ts';
import type { Json } from '../schema/fields.ts';

/** Shared dictionaries of Kong with the bytes that a fresh node uses of each, and their capacity. */
export const DICTS: readonly (readonly [name: string, used: number, capacity: number])[] = [
  ['kong', 40_960, 5_242_880],
  ['kong_locks', 61_440, 8_388_608],
  ['kong_healthchecks', 40_960, 5_242_880],
  ['kong_cluster_events', 40_960, 5_242_880],
  ['kong_rate_limiting_counters', 86_016, 12_582_912],
  ['kong_core_db_cache', 802_816, 134_217_728],
  ['kong_core_db_cache_miss', 86_016, 12_582_912],
  ['kong_db_cache', 798_720, 134_217_728],
  ['kong_db_cache_miss', 86_016, 12_582_912],
  ['kong_secrets', 40_960, 5_242_880],
  ['prometheus_metrics', 40_960, 5_242_880],
];

const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(2)} MiB`;

/** The JSON of `GET /status`, which is 200 also when the database is not reachable. */
export function statusJson(connections: Connections, reachable: boolean): Json {
  const { accepted, requests, writing, waiting, active } = connections;
  return {
    memory: {
      lua_shared_dicts: Object.fromEntries(
        DICTS.map(([name, used, capacity]) => [name, { allocated_slabs: mib(used), capacity: mib(capacity) }]),
      ),
      workers_lua_vms: [{ http_allocated_gc: mib(process.memoryUsage().heapUsed), pid: process.pid }],
    },
    server: {
      connections_reading: 0,
      total_requests: requests,
      connections_writing: writing,
      connections_handled: accepted,
      connections_waiting: waiting,
      connections_accepted: accepted,
      connections_active: active,
    },
    database: { reachable },
  };
}
