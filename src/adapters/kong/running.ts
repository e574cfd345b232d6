import { parseVersion } from '../../domain/version.ts';

/** `GET /status`, as far as it tells how much a node has to do: nginx's own counters, of all its ports together. */
export interface ConnectionCounts {
  readonly server?: {
    readonly connections_active?: number;
    readonly connections_reading?: number;
    readonly connections_writing?: number;
    readonly connections_waiting?: number;
  };
  readonly memory?: { readonly workers_lua_vms?: readonly unknown[] | object };
}

/** Since this version each worker holds a connection to its own node, for events, and nginx counts it as a request that never ends. */
const EVENTS_SINCE = 3;

/**
 * Requests, WebSockets and streams in progress; `undefined` where the counters are missing. An idle keep-alive connection is none. A stream
 * (TCP, TLS pass-through) is only `active`; a request over HTTP/2 is only `writing`, since many share a connection. Left out are the
 * request that asks, and the workers' own connections. Requests to the Admin and the Status API can't be told from proxied ones; they are
 * short.
 */
export function runningOf({ server, memory }: ConnectionCounts, version: string): number | undefined {
  const { connections_active: active, connections_waiting: waiting } = server ?? {};
  const { connections_reading: reading, connections_writing: writing } = server ?? {};
  if (active === undefined || waiting === undefined || reading === undefined || writing === undefined) return undefined;
  const vms = memory?.workers_lua_vms;
  const workers = Array.isArray(vms) ? vms.length : 0;
  const own = 1 + ((parseVersion(version)?.major ?? EVENTS_SINCE) >= EVENTS_SINCE ? workers : 0);
  return Math.max(0, Math.max(active - waiting, reading + writing) - own);
}
