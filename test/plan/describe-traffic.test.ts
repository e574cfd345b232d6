import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { describePlan, parsePlan, type Plan, type PlanInput } from '../../src/domain/plan/index.ts';
import { describeTraffic } from '../../src/domain/plan/describe-traffic.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

function parsed(input: unknown): Plan {
  const { plan, faults } = parsePlan(input);
  if (plan === undefined) throw new Error(JSON.stringify(faults));
  return plan;
}
const example = (name: string): Plan =>
  parsed(parse(readFileSync(new URL(`../../examples/${name}.yaml`, import.meta.url), 'utf8')));
const withTraffic = (traffic: unknown): Plan => parsed({ ...testPlan('payments'), traffic } as PlanInput);
const steps = [{ y: 100, bake: '1m' }];
/** As one text, so that the end of a line breaks no sentence. */
const told = (plan: Plan): string => describeTraffic(plan).join(' ').replaceAll(/\s+/g, ' ');
const phases = (plan: Plan): string => describePlan(plan).split('Traffic\n')[0] ?? '';

test.each(['patch', 'minor', 'commands', 'kubernetes', 'dns', 'several'])(
  'the traffic of %s fits a terminal',
  (name) => {
    for (const line of describeTraffic(example(name))) expect(line.length, line).toBeLessThanOrEqual(95);
  },
);

test('several entry points: each with where and how, and what one of them can not do', () => {
  const plan = example('several');
  const text = told(plan);
  for (const sentence of [
    'A step moves 3 balancers together: all of them, or none.',
    'within 5 min, give or take 3 points, at 100 % without one request on X; else the step is undone',
    'edge: nginx on gw-1 and gw-2, by files in /var/lib/crossfade/traffic, without a reload',
    'partners: PowerDNS at http://127.0.0.1:8081, partners.example.com (A: 2 for X, 2 for Y), from the worker on dns-1',
    '! No single node can be taken out of partners: after `finish` each node of Y is reloaded with its share of the traffic on it; no node of X is restarted after `up` (`restartX`).',
    '· splits HTTP, HTTP/2, WebSocket by client ! does not split gRPC, TCP, TLS pass-through, UDP',
    'an answer for its TTL, and some for longer; open connections stay where they are (ttl 20 s, settle 5 min)',
    'requests with x-kong: y',
    'a worker that was cut off is refused: the epoch is kept in a TXT record',
    'moving it by hand: docs/traffic/nginx.md and docs/traffic/powerdns.md.',
  ])
    expect(text).toContain(sentence);
  const before = phases(plan);
  expect(before).toContain('traffic    edge on gw-1 and gw-2; partners on dns-1');
  expect(before).toContain('by edge and partners; after each step');
  expect(before).toContain('y1, y2 one by one out of edge, reloaded, tested, back in');
  expect(before).toContain('lets testers through to Y');
  expect(before).not.toContain('restarts x2');
  expect(text).not.toContain('settle is short');
});

test('a first step that is a big one is told', () => {
  const nginx = { via: 'nginx', host: 'gw-1', directory: '/d' };
  const withFirst = (y: number) => told(withTraffic({ ...nginx, steps: [{ y, bake: '1m' }, ...steps] }));
  expect(withFirst(60)).toContain('! the first step gives Y 60 % at once');
  expect(withFirst(5)).not.toContain('the first step');
});

test('one entry point that can do all that the plan wants has nothing to warn of but protocols', () => {
  const plan = example('patch');
  expect(told(plan).match(/! .*?(?=·)/g)).toEqual([
    '! does not split gRPC, TCP, TLS pass-through, UDP (preflight names such routes) ',
  ]);
  expect(phases(plan)).toContain('restarts x2, out of the balancer');
  expect(phases(plan)).toContain('one by one out of the balancer, reloaded, tested, back in');
  expect(phases(plan)).not.toContain('testers');
});

test('where no node can be taken out, none is restarted, and Y is reloaded with its traffic', () => {
  const plan = { ...example('kubernetes') };
  expect(phases(plan)).toContain('kong-y1, kong-y2 one by one reloaded with their traffic on them, and tested');
  expect(phases(plan)).not.toContain('restarts kong-x2');
  const both = { ...plan, migrations: { ...plan.migrations, restartY: true } };
  expect(told(both)).toContain(
    'no node of X is restarted after `up` (`restartX`); none of Y after `finish` (`restartY`).',
  );
});

const dns = { record: 'kong.example.com', x: ['10.0.0.1', '10.0.0.2'], y: ['10.0.1.1'] };
test.each([
  [
    { via: 'kubernetes-service', service: 'kong', x: { app: 'x' }, y: { app: 'y' } },
    [
      'the Service kong, by its selector in default',
      '! all or nothing: Y gets everything in one step',
      '! clients lag: open connections stay where they are',
      '! testers reach Y before its first share only by a rule of your own',
    ],
  ],
  [
    { via: 'rfc2136', zone: 'example.com', server: 'ns1:53', tsig: { name: 'k', secret: { env: 'K' } }, ...dns },
    [
      'DNS updates to ns1:53, kong.example.com (A: 2 for X, 1 for Y)',
      '· its addresses make 50, 100 %',
      '! the plan names no `resolvers`: what clients get is not asked, only the ttl is waited for',
      '! settle is short: servers of the zone take up to a minute besides the ttl, so give it 1 min 30 s at the least',
    ],
  ],
  [
    {
      via: 'gateway-api',
      context: 'prod',
      routes: [{ kind: 'TCPRoute', name: 'a' }],
      x: { service: 'x', port: 1 },
      y: { service: 'y', port: 1 },
    },
    [
      'TCPRoute a in default (context prod)',
      '· splits TCP, TLS pass-through by connection ! does not split HTTP, HTTP/2, gRPC, WebSocket, UDP',
    ],
  ],
  [
    { via: 'haproxy', host: 'gw-1', socket: '/run/ha.sock', backend: 'kong', stateFile: '/s' },
    [
      'HAProxy on gw-1, backend kong, by its runtime API (/run/ha.sock)',
      'HTTP, HTTP/2, gRPC by request; WebSocket, TCP, TLS pass-through by connection',
    ],
  ],
  [{ via: 'nginx', host: 'gw-1', directory: '/d', grpcPort: 8002 }, ['· splits HTTP, HTTP/2, gRPC by request']],
  [
    { via: 'command', host: 'gw-1', read: ['/opt/b', 'read'], set: ['/opt/b', 'set'] },
    [
      'your program /opt/b on gw-1',
      'as your program does it',
      'can be taken out of command',
      'kept in the program itself',
    ],
  ],
  [{ via: 'command', read: ['/b'], set: ['/b'], out: ['/b'], in: ['/b'] }, ['your program /b']],
  [
    { via: 'ingress-nginx', ingress: 'canary', namespace: 'kong' },
    ['ingress-nginx, the canary Ingress canary in kong'],
  ],
] as const)('in words: %j', (entry, sentences) => {
  const text = told(withTraffic({ ...entry, steps }));
  for (const sentence of sentences) expect(text).toContain(sentence);
  expect(text.includes('No single node')).toBe(entry.via !== 'nginx' && entry.via !== 'haproxy' && !('out' in entry));
});
