import { expect, test } from 'vitest';
import { parsePlan, type PlanInput } from '../../src/domain/plan/index.ts';
import { testPlan } from '../support/workflow-environment-plan.ts';

const HALF = [
  { y: 50, bake: '1m' },
  { y: 100, bake: '1m' },
];
const AT_ONCE = [{ y: 100, bake: '1m' }];

const nginx = { via: 'nginx', host: ['gw-1', 'gw-2'], directory: '/srv/traffic' };
const haproxy = { via: 'haproxy', host: 'gw-1', socket: '/run/ha.sock', backend: 'kong', stateFile: '/run/ha.state' };
const dns = { record: 'kong.example.com', x: ['10.0.0.1', '10.0.0.2'], y: ['10.0.1.1', '10.0.1.2'] };
const route53 = { via: 'route53', zone: 'Z1', ...dns };
const powerdns = { via: 'powerdns', zone: 'example.com', api: 'http://dns:8081', key: { env: 'KEY' }, ...dns };
const tsig = { name: 'crossfade', secret: { env: 'TSIG' } };
const rfc2136 = { via: 'rfc2136', zone: 'example.com', server: '10.0.0.53', tsig, ...dns };
const backends = { x: { service: 'kong-x', port: 80 }, y: { service: 'kong-y', port: 80 } };
const gateway = { via: 'gateway-api', routes: [{ name: 'kong' }, { kind: 'GRPCRoute', name: 'kong' }], ...backends };
const ingress = { via: 'ingress-nginx', ingress: 'kong-canary' };
const service = { via: 'kubernetes-service', service: 'kong', x: { app: 'kong-x' }, y: { app: 'kong-y' } };
const command = { via: 'command', read: ['/opt/b', 'read'], set: ['/opt/b', 'set'] };

type Entry = Readonly<Record<string, unknown>>;
const faultsOf = (traffic: unknown) => parsePlan({ ...testPlan('payments'), traffic } as PlanInput).faults;
const single = (entry: Entry, others: Entry = {}) => faultsOf({ ...entry, steps: HALF, ...others });
const several = (entries: readonly Entry[], others: Entry = {}) =>
  faultsOf({ via: 'several', entries, steps: HALF, ...others });
const named = (entry: Entry, name: string): Entry => ({ ...entry, name });

test.each([nginx, haproxy, route53, powerdns, rfc2136, gateway, ingress, command])('sound by itself: $via', (entry) => {
  expect(single(entry)).toEqual([]);
});

test('sound together, each thing once', () => {
  expect(several([nginx, haproxy, route53, gateway, ingress, command])).toEqual([]);
  expect(single(service, { steps: AT_ONCE })).toEqual([]);
  const six = { ...route53, type: 'AAAA', x: ['fd00::1'], y: ['fd00::2'] };
  const other = { ...nginx, directory: '/srv/other' };
  const [staging, kinds] = [
    { ...gateway, namespace: 'staging' },
    { ...gateway, routes: [{ kind: 'TCPRoute', name: 'kong' }] },
  ];
  const all = [nginx, named(other, 'b'), route53, named(six, 'six'), gateway, named(staging, 'c'), named(kinds, 'd')];
  expect(several(all)).toEqual([]);
});

const cases: readonly [string, readonly { path: string }[], string, string | RegExp][] = [
  ['hosts twice', single({ ...nginx, host: ['a', 'b', 'a'] }), 'traffic.host[2]', 'is the same as traffic.host[0]'],
  [
    'hosts twice, of several',
    several([command, { ...haproxy, host: ['a', 'a'] }]),
    'traffic.entries[1].host[1]',
    'is the same as traffic.entries[1].host[0]',
  ],
  [
    'a name that an earlier one has by its kind',
    several([nginx, { ...haproxy, name: 'nginx' }]),
    'traffic.entries[1].name',
    'expected a name of its own: traffic.entries[0] is called nginx too',
  ],
  [
    'the same directory on one of the hosts',
    several([nginx, { ...named(nginx, 'b'), host: 'gw-2' }]),
    'traffic.entries[1].directory',
    'is what traffic.entries[0].directory changes already',
  ],
  ['the same backend', several([haproxy, named(haproxy, 'b')]), 'traffic.entries[1].backend', /changes already/],
  [
    'the same record by another API',
    several([route53, { ...powerdns, record: 'KONG.example.com.' }]),
    'traffic.entries[1].record',
    'is what traffic.entries[0].record changes already',
  ],
  [
    'the same route',
    several([gateway, { ...named(gateway, 'b'), namespace: 'default', routes: [{ name: 'a' }, { name: 'kong' }] }]),
    'traffic.entries[1].routes[1]',
    'is what traffic.entries[0].routes[0] changes already',
  ],
  ['the same Ingress', several([ingress, named(ingress, 'b')]), 'traffic.entries[1].ingress', /changes already/],
  [
    'the same Service',
    several([service, named(service, 'b')], { steps: AT_ONCE }),
    'traffic.entries[1].service',
    /changes already/,
  ],
  ['the same program', several([command, named(command, 'b')]), 'traffic.entries[1].set', /changes already/],
  [
    'a Service can not be split',
    single(service),
    'traffic.steps[0].y',
    "can't be made by kubernetes-service: the selector of a Service is all or nothing; possible are 100 %",
  ],
  [
    'one of several can not be split',
    several([nginx, named(service, 'inside')]),
    'traffic.steps[0].y',
    /can't be made by inside/,
  ],
  [
    'a share that so many addresses do not give',
    single(rfc2136, { steps: [{ y: 5, bake: '1m' }, ...HALF] }),
    'traffic.steps[0].y',
    "can't be made by rfc2136: its share is made by 2 addresses of X and 2 of Y; possible are 50, 100 %",
  ],
  [
    'a share of a CNAME without weights',
    single({ ...rfc2136, type: 'CNAME', x: ['x.example.net'], y: ['y.example.net'] }),
    'traffic.steps[0].y',
    /a CNAME stands for one name; possible are 100 %/,
  ],
  [
    'an address of both sides',
    single({ ...route53, y: ['10.0.1.1', '10.0.0.2'] }),
    'traffic.y[1]',
    /as traffic\.x\[1\]/,
  ],
  [
    'an address twice',
    single({ ...route53, x: ['10.0.0.1', '10.0.0.1'] }),
    'traffic.x[1]',
    'is the same as traffic.x[0]',
  ],
  [
    'no IPv4',
    single({ ...route53, x: ['10.0.0'] }),
    'traffic.x[0]',
    'expected an IPv4 address, for a record of type A',
  ],
  ['IPv4 as IPv6', single({ ...route53, type: 'AAAA' }), 'traffic.y[1]', /expected an IPv6 address/],
  ['an address as CNAME', single({ ...route53, type: 'CNAME', x: ['10.0.0.1'] }), 'traffic.x[0]', /a host name/],
  [
    'two names of a CNAME',
    single({ ...route53, type: 'CNAME', x: ['x1.example.net', 'x2.example.net'], y: ['y.example.net'] }),
    'traffic.x[1]',
    'is one too many: a CNAME stands for one name',
  ],
  [
    'a CNAME for itself',
    single({ ...route53, type: 'CNAME', x: ['x.example.net'], y: ['KONG.example.com.'] }),
    'traffic.y[0]',
    /is the record itself/,
  ],
  [
    'a record elsewhere',
    single({ ...powerdns, record: 'kong.example.org' }),
    'traffic.record',
    'is not in the zone example.com',
  ],
  [
    'a record that only ends alike',
    single({ ...rfc2136, record: 'myexample.com' }),
    'traffic.record',
    /not in the zone/,
  ],
  [
    'testers elsewhere',
    single({ ...powerdns, testers: { host: 'y.example.org' } }),
    'traffic.testers.host',
    /not in the/,
  ],
  [
    'testers on the same name',
    single({ ...route53, testers: { host: 'Kong.example.com' } }),
    'traffic.testers.host',
    /own/,
  ],
  [
    'a CNAME for the zone itself',
    single({ ...powerdns, type: 'CNAME', record: 'example.com', x: ['x.test.net'], y: ['y.test.net'] }),
    'traffic.record',
    /can't be a CNAME/,
  ],
  [
    'less time than answers are kept',
    several([nginx, { ...route53, ttl: 300 }], { settle: '2m' }),
    'traffic.settle',
    "is 2 min: resolvers keep the old answer for kong.example.com for its ttl (traffic.entries[1].ttl: 300 s), so that a new share can't arrive sooner; expected at least 300s",
  ],
  ['less time than that by default', single({ ...route53, ttl: 61 }), 'traffic.settle', /^is 1 min: /],
  [
    'a node that never comes back',
    single({ ...command, out: ['/opt/b', 'out'] }),
    'traffic.in',
    /is needed where there is `out`/,
  ],
  [
    'a node that never leaves',
    several([nginx, { ...command, in: ['/opt/b'] }]),
    'traffic.entries[1].out',
    /there is `in`/,
  ],
  [
    'one backend for both sides',
    single({ ...gateway, y: { port: 80, service: 'kong-x' } }),
    'traffic.y',
    'is the same as traffic.x',
  ],
  [
    'testers of streams',
    single({ ...gateway, routes: [{ kind: 'TCPRoute', name: 'kong' }], testers: { header: 'x-kong', value: 'y' } }),
    'traffic.testers',
    /an HTTPRoute or a GRPCRoute/,
  ],
  ['the same pods for both sides', single({ ...service, y: service.x }, { steps: AT_ONCE }), 'traffic.y', /same/],
];
test.each(cases)('%s', (_, faults, path, message) => {
  const wanted: unknown = typeof message === 'string' ? message : expect.stringMatching(message);
  expect(faults).toContainEqual({ path, message: wanted });
});

test('nginx needs addresses without a path, by one scheme, and a directory that it can name', () => {
  const plan = testPlan('payments');
  const [first, second] = plan.y.nodes;
  const nodes = [
    { ...first, proxy: 'https://10.0.0.1:8443' },
    { ...second, proxy: 'http://10.0.0.2:8000/kong' },
  ];
  const at = (entry: Entry) =>
    parsePlan({ ...plan, y: { ...plan.y, nodes }, traffic: { ...entry, steps: HALF } }).faults;
  const wanted = [
    { path: 'y.nodes[0].proxy', message: 'is https, and x.nodes[0].proxy is http: nginx needs one for all nodes' },
    { path: 'y.nodes[1].proxy', message: "has a path, which nginx can't pass on" },
  ];
  expect(at(nginx)).toEqual(wanted);
  expect(at({ via: 'several', entries: [nginx, { ...nginx, name: 'b', directory: '/srv/b' }] })).toEqual(wanted);
  expect(at(route53)).toEqual([]);
  expect(single({ ...nginx, directory: '/srv/$traffic' })).toEqual([
    { path: 'traffic.directory', message: "has characters that nginx can't take" },
  ]);
  for (const directory of ['/', '/etc/nginx', '/etc/nginx/'])
    expect(single({ ...nginx, directory })).toEqual([
      { path: 'traffic.directory', message: 'must be a folder of its own, such as /srv/nginx/crossfade' },
    ]);
});

test('what is missing is missing, and not the same as what is missing elsewhere', () => {
  const found = several([{ via: 'command' }, { via: 'command', name: 'b' }, { via: 'haproxy' }, { via: 'route53' }]);
  expect(found.filter(({ message }) => message.includes('already'))).toEqual([]);
});

test('all of it at once, also where there are other faults', () => {
  const found = several(
    [
      { ...nginx, host: ['a', 'a'], colour: 'red' },
      { ...route53, type: 'AAAA', ttl: 600 },
      { ...command, in: 'x' },
    ],
    { settle: '1m', steps: [{ y: 20, bake: 'soon' }] },
  );
  expect(found.map(({ path }) => path).sort()).toEqual([
    'traffic.entries[0].colour',
    'traffic.entries[0].host[1]',
    'traffic.entries[1].x[0]',
    'traffic.entries[1].x[1]',
    'traffic.entries[1].y[0]',
    'traffic.entries[1].y[1]',
    'traffic.entries[2].in',
    'traffic.entries[2].out',
    'traffic.settle',
    'traffic.steps[0].bake',
    'traffic.steps[0].y',
  ]);
});

test.each([
  null,
  'nginx',
  [],
  { via: 'several', entries: 3 },
  { via: 'several', entries: [null, 3, []] },
  { via: 'rfc2136', x: 3, y: [null] },
])('anything else than what is expected is a fault, not a crash: %j', (traffic) => {
  expect(faultsOf(traffic).length).toBeGreaterThan(0);
});
