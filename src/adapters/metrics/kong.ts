import type { MetricsAddresses, NodeAddresses } from '../../domain/plan/index.ts';
import type { NodeCounters, SideReading } from '../../domain/verdict/index.ts';
import type { KongHttp } from '../kong/port.ts';
import type { Metrics } from './port.ts';
import { readSeries } from './prometheus.ts';

const TOTAL = 'kong_nginx_requests_total';
const CONNECTIONS = 'kong_nginx_connections_total';
const ANSWERS = 'kong_http_requests_total';
const LATENCY = 'kong_request_latency_ms_bucket';
const NAMES = new Set([TOTAL, CONNECTIONS, ANSWERS, LATENCY]);

/** Kong's own `/metrics` of every node, names as of Kong 3.0 and later. */
export function createKongMetrics(http: Pick<KongHttp, 'metrics'>): Metrics {
  const readNode = async (node: MetricsAddresses['nodes'][number]) =>
    [node.name, toCounters(node, await http.metrics(node))] as const;

  return {
    async read({ nodes }: MetricsAddresses): Promise<SideReading> {
      const results = await Promise.allSettled(nodes.map(readNode));
      const failures = results.flatMap((one) => (one.status === 'rejected' ? [reasonOf(one.reason)] : []));
      if (failures.length > 0) return { readable: false, why: failures.join(' ') };
      const counters = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      return { readable: true, nodes: Object.fromEntries(counters) };
    },
  };
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Sums over services, routes, consumers and workspaces. Error when the text is not Kong's. */
export function toCounters(node: Pick<NodeAddresses, 'name'>, text: string): NodeCounters {
  let total: number | undefined;
  let nodeId = '';
  let [running, answered, errors, count] = [0, 0, 0, 0];
  const upTo: Record<string, number> = {};
  for (const series of readSeries(text, NAMES)) {
    const { name, value } = series;
    if (name === ANSWERS) {
      answered += value;
      if (series.label('code')?.startsWith('5') === true) errors += value;
    } else if (name === LATENCY) {
      const bound = series.label('le') ?? '+Inf';
      if (bound === '+Inf') count += value;
      else upTo[bound] = (upTo[bound] ?? 0) + value;
    } else if (series.label('subsystem') === 'http') {
      if (name === TOTAL) {
        total = value;
        nodeId = series.label('node_id') ?? '';
      } else if (['reading', 'writing'].includes(series.label('state') ?? '')) running += value;
    }
  }
  if (total === undefined)
    throw new Error(`The metrics of ${node.name} have no ${TOTAL}: this is not Kong's /metrics.`);
  // Requests are counted when they begin, answers when they end.
  return { nodeId, finished: total - running, answered, errors, latency: { count, upTo } };
}
