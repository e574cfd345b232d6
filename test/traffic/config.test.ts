import { expect, test } from 'vitest';
import { nginxInclude } from '../../src/adapters/traffic/nginx/config.ts';
import { installationFor } from '../../src/adapters/traffic/nginx/installation.ts';
import { checkInstalled } from '../../src/adapters/traffic/nginx/match.ts';
import { nginxConfigText, nginxEntryOf } from '../../src/cli/nginx-config.ts';
import type { KongNode } from '../../src/domain/plan/index.ts';
import { canBeOut, outCombinations } from '../../src/adapters/traffic/nginx/groups.ts';
import { entryAt, kongNode, planFor } from './setup.ts';

const include = (x: readonly KongNode[], y: readonly KongNode[], directory = '/d') =>
  nginxInclude(directory, installationFor(entryAt(directory), { x, y, weights: [5, 100] })).parts;

test('groups for every combination of up to four nodes, never without any node; for each single one of more', () => {
  expect(outCombinations(1)).toEqual([]);
  expect(outCombinations(2)).toEqual([[0], [1]]);
  expect(outCombinations(3)).toEqual([[0], [1], [0, 1], [2], [0, 2], [1, 2]]);
  expect(outCombinations(6)).toEqual([[0], [1], [2], [3], [4], [5]]);
  const six = ['a', 'b', 'c', 'd', 'e', 'f'];
  expect([[], ['b'], ['b', 'c'], six].map((out) => canBeOut(six, out))).toEqual([true, true, false, true]);
});

test('addresses: ports by scheme, IPv6, https', () => {
  const node = (name: string, proxy: string) => ({ ...kongNode(name, 1), proxy });
  const plain = include([node('x1', 'http://kong.example')], [node('y1', 'http://[::1]:8000')]);
  expect(plain.http).toContain('server kong.example:80 ');
  expect(plain.http).toContain('server [::1]:8000 ');
  const tls = include([node('x1', 'https://kong.example')], [node('y1', 'https://y:8443')]);
  expect(tls.http).toContain('server kong.example:443 ');
  expect(tls.location).toContain('proxy_pass https://$crossfade_upstream;');
});

test('what nginx can not do is refused: a path, two schemes, a directory with a meaning', () => {
  const node = (proxy: string) => [{ ...kongNode('n', 1), proxy }];
  const fine = node('http://a:1');
  expect(() => include(fine, node('http://b:1/path'))).toThrow('has a path');
  expect(() => include(fine, node('https://b:1'))).toThrow('same scheme');
  expect(() => include(fine, node('http://b:1'), '/d; x')).toThrow('traffic.directory');
});

test('one of several nginx is chosen by its name', () => {
  const [edge, inner] = [entryAt('/edge', { name: 'edge' }), entryAt('/inner', { name: 'inner' })];
  const plan = (...entries: readonly unknown[]) =>
    ({ traffic: { via: 'several', entries } }) as unknown as Parameters<typeof nginxEntryOf>[0];
  const dns = { via: 'route53', name: 'dns' };
  expect(nginxEntryOf(plan(edge, dns), undefined)).toBe(edge);
  expect(nginxEntryOf(plan(edge, inner), 'inner')).toBe(inner);
  expect(() => nginxEntryOf(plan(edge, inner), undefined)).toThrow('several nginx: choose one of edge, inner');
  expect(() => nginxEntryOf(plan(edge, inner), 'outer')).toThrow('no nginx with the name outer; it has edge, inner');
  expect(() => nginxEntryOf(plan(edge, dns), 'dns')).toThrow('no nginx with the name dns; it has edge');
  expect(() => nginxEntryOf(plan(dns), undefined)).toThrow(/not come in through nginx.* docs\/traffic\/\w+\.md/);
});

test('what a person sees: which file goes where, gRPC too; a file as nginx would take it', () => {
  const text = nginxConfigText(
    entryAt('/srv/traffic', { grpcPort: 9080, testers: { header: 'X-Next', value: 'yes' }, sticky: { cookie: 'sid' } }),
    planFor(entryAt('/srv/traffic'), [{ name: 'x1', port: 1 }], [{ name: 'y1', port: 2 }]),
  );
  for (const part of ['http', 'server', 'location', 'location-grpc'])
    expect(text).toContain(`include /srv/traffic/${part}.conf;`);
  expect(text).toContain('if ($http_x_next = "yes") { set $crossfade_way tester; }');
  expect(text).toContain('split_clients "$crossfade_client" $crossfade_split_5 { 5% y; * x; }');
  expect(text).toContain('upstream crossfade_grpc_y {\n    server 127.0.0.1:9080 max_fails=0; # y1');
});

test('an include for other nodes, steps, testers or clients is not for this plan, and everything that differs is told', () => {
  const plan = planFor(
    entryAt('/d', { sticky: 'client-address' }),
    [{ name: 'x1', port: 1 }],
    [{ name: 'y1', port: 2 }],
  );
  const installed = installationFor(entryAt('/d', { sticky: 'client-address' }), {
    x: plan.x.nodes,
    y: plan.y.nodes,
    weights: [5, 100],
  });
  const wanted = {
    entry: entryAt('/d', { sticky: 'client-address' }),
    weights: [5, 100],
    nodes: { x: ['x1'], y: ['y1'] },
  };
  checkInstalled(installed, wanted);
  checkInstalled(installed, { ...wanted, weights: [100] });
  const other = { entry: entryAt('/d', { testers: { host: 'next' }, grpcPort: 9 }), weights: [5, 7, 9] };
  expect(() => checkInstalled(installed, { ...other, nodes: { x: ['x1', 'x2'], y: ['y1'] } })).toThrow(
    'The include of nginx in /d is not for this plan: X is x1 there, x1, x2 in the plan; no split for 7 %, 9 %; sticky is "client-address" there, not set in the plan; testers is not set there, {"host":"next"} in the plan; grpcPort is not set there, 9 in the plan.',
  );
});
