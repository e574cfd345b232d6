import { expect, test } from 'vitest';
import { nginxInclude } from '../../src/adapters/traffic/nginx/config.ts';
import { installationFor } from '../../src/adapters/traffic/nginx/installation.ts';
import type { KongNode } from '../../src/domain/plan/index.ts';
import { canBeOut, outCombinations } from '../../src/adapters/traffic/nginx/groups.ts';
import { entryAt, kongNode } from './setup.ts';

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
