import type { KongVersion } from '../schema/versions.ts';
import type { Connections } from './listener.ts';
import { DICTS } from './status.ts';
import type { Histogram, Traffic } from './traffic.ts';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly lines: readonly string[];
}

const render = ({ name, help, type, lines }: Family): string =>
  lines.length === 0 ? '' : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;

const series = (name: string, values: ReadonlyMap<string, number>): string[] =>
  [...values].map(([labels, value]) => `${name}{${labels}} ${value}`).sort();

function histogram(name: string, help: string, all: readonly (readonly [labels: string, values: Histogram])[]): Family {
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1)).filter(([, { counts }]) => counts.some((n) => n > 0));
  const lines: string[] = [];
  const totals: string[] = [];
  const sums: string[] = [];
  for (const [labels, { bounds, counts, sum }] of sorted) {
    let below = 0;
    counts.forEach((count, i) => {
      below += count;
      lines.push(`${name}_bucket{${labels},le="${bounds[i] ?? '+Inf'}"} ${below}`);
    });
    totals.push(`${name}_count{${labels}} ${below}`);
    sums.push(`${name}_sum{${labels}} ${sum}`);
  }
  return { name, help, type: 'histogram', lines: [...lines, ...totals, ...sums] };
}

function trafficFamilies(traffic: Traffic): Family[] {
  const latency = [...traffic.latency];
  const where = 'for each service/route in Kong';
  return [
    {
      name: 'kong_bandwidth_bytes',
      help: 'Total bandwidth (ingress/egress) throughput in bytes',
      type: 'counter',
      lines: series('kong_bandwidth_bytes', traffic.bandwidth),
    },
    {
      name: 'kong_http_requests_total',
      help: 'HTTP status codes per consumer/service/route in Kong',
      type: 'counter',
      lines: series('kong_http_requests_total', traffic.requests),
    },
    histogram(
      'kong_kong_latency_ms',
      `Latency added by Kong and enabled plugins ${where}`,
      latency.map(([l, s]) => [l, s.kong]),
    ),
    histogram(
      'kong_request_latency_ms',
      `Total latency incurred during requests ${where}`,
      latency.map(([l, s]) => [l, s.request]),
    ),
    histogram(
      'kong_upstream_latency_ms',
      `Latency added by upstream response ${where}`,
      latency.map(([l, s]) => [l, s.upstream]),
    ),
  ];
}

/** What `/metrics` tells of a node. */
export interface NodeFigures {
  readonly version: KongVersion;
  readonly nodeId: string;
  readonly reachable: boolean;
  readonly connections: Connections;
  readonly traffic: Traffic;
  /** The prometheus plugin is configured somewhere; only then its error counter exists. */
  readonly plugin: boolean;
}

function nodeFamilies({ version, nodeId, reachable, connections, plugin }: NodeFigures): Family[] {
  const node = `node_id="${nodeId}"`;
  const gauge = (name: string, help: string, lines: string[]): Family => ({ name, help, type: 'gauge', lines });
  const dict = (name: string, pick: 0 | 1): string[] =>
    DICTS.map(
      ([dictionary, ...sizes]) => `${name}{${node},shared_dict="${dictionary}",kong_subsystem="http"} ${sizes[pick]}`,
    ).sort();
  const { accepted, requests, writing, waiting, active } = connections;
  const states = {
    accepted,
    active,
    handled: accepted,
    reading: 0,
    total: requests,
    waiting,
    writing,
  };
  const memory = 'kong_memory_workers_lua_vms_bytes';
  return [
    gauge('kong_datastore_reachable', 'Datastore reachable from Kong, 0 is unreachable', [
      `kong_datastore_reachable ${Number(reachable)}`,
    ]),
    gauge(
      'kong_memory_lua_shared_dict_bytes',
      'Allocated slabs in bytes in a shared_dict',
      dict('kong_memory_lua_shared_dict_bytes', 0),
    ),
    gauge(
      'kong_memory_lua_shared_dict_total_bytes',
      'Total capacity in bytes of a shared_dict',
      dict('kong_memory_lua_shared_dict_total_bytes', 1),
    ),
    gauge(memory, 'Allocated bytes in worker Lua VM', [
      `${memory}{${node},pid="${process.pid}",kong_subsystem="http"} ${process.memoryUsage().heapUsed}`,
    ]),
    gauge(
      'kong_nginx_connections_total',
      'Number of connections by subsystem',
      Object.entries(states).map(
        ([state, n]) => `kong_nginx_connections_total{${node},subsystem="http",state="${state}"} ${n}`,
      ),
    ),
    {
      name: 'kong_nginx_metric_errors_total',
      help: 'Number of nginx-lua-prometheus errors',
      type: 'counter',
      lines: plugin ? ['kong_nginx_metric_errors_total 0'] : [],
    },
    gauge('kong_nginx_requests_total', 'Number of requests total', [
      `kong_nginx_requests_total{${node},subsystem="http"} ${requests}`,
    ]),
    gauge('kong_nginx_timers', 'Number of nginx timers', [
      'kong_nginx_timers{state="pending"} 1',
      'kong_nginx_timers{state="running"} 101',
    ]),
    gauge('kong_node_info', 'Kong Node metadata information', [`kong_node_info{${node},version="${version}"} 1`]),
  ];
}

/** The text of `/metrics`, families in alphabetical order. */
export function renderMetrics(figures: NodeFigures): string {
  const families = [...nodeFamilies(figures), ...trafficFamilies(figures.traffic)];
  return families
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(render)
    .join('');
}
