import { describe, expect, test } from 'vitest';
import { configure } from './configure.ts';
import { useEcho, type Echo } from './echo.ts';
import { ALWAYS, RELEASES, REQUESTS, WITH_PLUGIN, type Release } from './expected-traffic.ts';
import { send, series } from './http.ts';
import { has, kongs } from './kongs.ts';
import { useStages, type Role } from './stage.ts';

const openStage = useStages();
const upstream = useEcho();

const families = (metrics: string): string[] => [...metrics.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);

async function checkRequests(role: Role, release: Release): Promise<void> {
  const { via, requestId, tellsUpstream } = RELEASES[release];
  for (const { path, headers, status, message, limited } of REQUESTS) {
    const answer = await send(`${role.proxy}${path}`, { headers });
    const about = `${path} ${JSON.stringify(headers)}: ${answer.text}`;
    expect(answer.status, about).toBe(status);
    expect('x-kong-request-id' in answer.headers, about).toBe(requestId);
    expect('ratelimit-remaining' in answer.headers, about).toBe(limited);
    if (message === undefined) {
      expect(answer.headers, about).toMatchObject({
        via,
        server: 'echo',
        'x-corr': expect.stringMatching(/#\d+$/) as string,
      });
      expect(answer.headers, about).toHaveProperty('x-kong-proxy-latency');
      const seen = answer.json as Echo;
      expect(seen.path, about).toBe('/a');
      expect(seen.headers, about).toMatchObject({
        'x-forwarded-path': path,
        'x-forwarded-prefix': path.slice(0, 3),
        'x-real-ip': '127.0.0.1',
      });
      expect(seen.headers['via'], about).toBe(tellsUpstream ? via : undefined);
    } else {
      expect(answer.headers['server'], about).toBe(`kong/${release}`);
      expect(answer.headers, about).toHaveProperty('x-kong-response-latency');
      const id = requestId ? { request_id: answer.headers['x-kong-request-id'] } : {};
      expect(answer.json, about).toEqual({ message, ...id });
    }
  }
}

function checkMetrics(metrics: string, release: Release): void {
  const { workspace, first, last } = RELEASES[release];
  expect(families(metrics)).toEqual([...ALWAYS, ...WITH_PLUGIN].sort());
  const count = (route: string, code: number, source: string): string =>
    `service="echo",route="${route}",code="${code}",source="${source}",${workspace}consumer=""`;
  // The 404 without a route is in no series.
  expect(series(metrics, 'kong_http_requests_total')).toEqual({
    [count('r1', 401, 'kong')]: 2,
    [count('r1', 200, 'service')]: 1,
    [count('r2', 200, 'service')]: 1,
    [count('r3', 200, 'service')]: 1,
  });
  const bucket = (name: string): string[] =>
    Object.keys(series(metrics, `${name}_bucket`))
      .filter((labels) => labels.startsWith(`service="echo",route="r3",${workspace}`))
      .map((labels) => /le="(.*)"/.exec(labels)?.[1] ?? '');
  expect([bucket('kong_kong_latency_ms').at(0), bucket('kong_kong_latency_ms').at(-2)]).toEqual([first, last]);
  expect(bucket('kong_kong_latency_ms')).toHaveLength(16);
  const upstreamBounds = [
    '25',
    '50',
    '80',
    '100',
    '250',
    '400',
    '700',
    '1000',
    '2000',
    '5000',
    '10000',
    '30000',
    '60000',
    '+Inf',
  ];
  expect(bucket('kong_upstream_latency_ms')).toEqual(upstreamBounds);
  expect(bucket('kong_request_latency_ms')).toEqual(upstreamBounds);
  expect(series(metrics, 'kong_node_info')).toEqual({ [`version="${release}"`]: 1 });
}

for (const kong of kongs()) {
  describe.concurrent(`recorded traffic: ${kong.label}`, { timeout: 120_000 }, () => {
    for (const release of Object.keys(RELEASES) as Release[]) {
      if (!has(kong, [release])) continue;
      test(`${release}: answers, headers and metrics`, async () => {
        const stage = await openStage(kong);
        const role = await stage.role('x', release, { WORKER_STATE_UPDATE_FREQUENCY: '0.2' });
        try {
          await role.kong(['migrations', 'bootstrap']);
          expect((await role.kong(['start'])).stdout).toContain('Kong started');
          expect(families((await send(`${role.status}/metrics`)).text)).toEqual(
            expect.arrayContaining(ALWAYS.filter((name) => name !== 'kong_nginx_metric_errors_total')),
          );
          await configure(role, upstream());
          await role.kong(['reload']);
          await checkRequests(role, release);
          checkMetrics((await send(`${role.status}/metrics`)).text, release);
        } finally {
          await stage.close();
        }
      });
    }
  });
}
