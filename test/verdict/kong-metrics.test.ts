import { expect, test } from 'vitest';
import { createKongMetrics, toCounters } from '../../src/adapters/metrics/kong.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { Side } from '../../src/domain/plan/index.ts';
import { kongNode } from '../traffic/setup.ts';

/** Names, labels and their order as Kong 3.6 and 3.7 write them; the second label set has a workspace. */
const METRICS = `# HELP kong_http_requests_total HTTP status codes per consumer/service/route in Kong
# TYPE kong_http_requests_total counter
kong_http_requests_total{service="echo",route="r1",code="200",source="service",consumer=""} 2594
kong_http_requests_total{service="echo",route="r1",code="401",source="kong",consumer=""} 1
kong_http_requests_total{service="a b",route="} code=\\"500\\", {",code="502",source="error",workspace="default",consumer=""} 7
kong_nginx_connections_total{node_id="n-1",subsystem="http",state="active"} 30
kong_nginx_connections_total{node_id="n-1",subsystem="http",state="reading"} 1
kong_nginx_connections_total{node_id="n-1",subsystem="http",state="writing"} 4
kong_nginx_requests_total{node_id="n-1",subsystem="http"} 2613
kong_nginx_requests_total{node_id="n-1",subsystem="stream"} 99
kong_request_latency_ms_bucket{service="echo",route="r1",le="25"} 2000
kong_request_latency_ms_bucket{service="echo",route="r1",le="60000"} 2590
kong_request_latency_ms_bucket{service="echo",route="r1",le="+Inf"} 2595
kong_request_latency_ms_bucket{service="a b",route="r2",le="25"} 5
kong_request_latency_ms_bucket{service="a b",route="r2",le="60000"} 7
kong_request_latency_ms_bucket{service="a b",route="r2",le="+Inf"} 7
kong_upstream_latency_ms_bucket{service="echo",route="r1",le="25"} 9999
kong_request_latency_ms_count{service="echo",route="r1"} 2595
`;

const node = kongNode('x1', 8000);

test('sums over services, routes and consumers; what runs is not finished', () => {
  expect(toCounters(node, METRICS)).toEqual({
    nodeId: 'n-1',
    finished: 2608,
    answered: 2602,
    errors: 7,
    latency: { count: 2602, upTo: { 25: 2005, 60000: 2597 } },
  });
});

test('a text that is not of Kong is no zero', () => {
  expect(() => toCounters(node, '<html>kong_nginx_requests_total</html>')).toThrow(
    'x1 have no kong_nginx_requests_total',
  );
});

test('one node that does not answer makes its side unreadable, and says which', async () => {
  const side = { nodes: [node, kongNode('x2', 8001)] } as unknown as Side;
  const fine = createKongMetrics({ metrics: async () => METRICS });
  expect(await fine.read(side)).toMatchObject({ readable: true, nodes: { x1: { errors: 7 }, x2: { errors: 7 } } });
  const half = createKongMetrics({
    metrics: async ({ name }) => {
      if (name === 'x1') return METRICS;
      throw new CrossfadeError('NodeUnreachable', 'x2 does not answer.');
    },
  });
  expect(await half.read(side)).toEqual({ readable: false, why: 'x2 does not answer.' });
});

test('thousands of series are read in milliseconds', () => {
  const routes = Array.from({ length: 5_000 }, (_, i) => METRICS.replaceAll('"r1"', `"r${i}"`).replace(/^#.*\n/gm, ''));
  const started = performance.now();
  expect(toCounters(node, routes.join('')).answered).toBe(2602 * 5_000);
  expect(performance.now() - started).toBeLessThan(2_000);
});
