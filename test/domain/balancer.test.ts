import { expect, test } from 'vitest';
import { balancerReady } from '../../src/domain/rules/index.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import type { TrafficState } from '../../src/domain/traffic/state.ts';

const at: Balancer = {
  name: 'nginx on gw-1',
  host: 'gw-1',
  entry: { via: 'nginx', host: ['gw-1'], directory: '/srv/traffic' },
  weights: [50, 100],
  nodes: { x: ['x1'], y: ['y1', 'y2'] },
};
const nodes = { x: [{ name: 'x1' }], y: [{ name: 'y2' }, { name: 'y1' }] };
const prepared = { weights: [0, 50, 100], nodes };
const now: TrafficState = { weight: 0, out: [], epoch: 0 };

test.each([
  ['as it should be, in whatever order it lists its nodes', prepared, now, ['pass']],
  ['any weight, and it knows no nodes', {}, now, ['pass']],
  ['prepared for other nodes', { ...prepared, nodes: { ...nodes, y: [{ name: 'y1' }] } }, now, ['refuse']],
  ['a node too many', { ...prepared, nodes: { ...nodes, x: [{ name: 'x1' }, { name: 'x2' }] } }, now, ['refuse']],
  ['prepared for other steps', { ...prepared, weights: [0, 25, 100] }, now, ['refuse']],
  ['Y has traffic already', prepared, { ...now, weight: 50 }, ['refuse']],
  ['a node was left out', prepared, { ...now, out: ['x1'] }, ['refuse']],
  ['the way of testers was left open', prepared, { ...now, testers: true }, ['pass', 'warn']],
  ['the way of testers is closed', prepared, { ...now, testers: false }, ['pass']],
  ['it lacks something', { ...prepared, lacks: ['it has no x'] }, now, ['pass', 'warn']],
  ['all of it', { weights: [100], nodes: { x: [], y: [] }, lacks: ['a', 'b'] }, { ...now, weight: 3 }, 'rrrrww'],
] as const)('a balancer, %s', (_, there, state, levels) => {
  const found = balancerReady(at, there, state).map(({ level }) => level);
  expect(typeof levels === 'string' ? found.map(([first]) => first).join('') : found).toEqual(levels);
});

test('what is said names the balancer, what it has and what the plan wants', () => {
  const found = balancerReady(
    at,
    { weights: [0, 25], nodes: { x: [{ name: 'x9' }], y: [] } },
    { weight: 25, out: ['x9'], epoch: 7, by: 'run-1' },
  ).map(({ message }) => message);
  expect(found).toEqual([
    'nginx on gw-1 knows X as x9; the plan has x1.',
    'nginx on gw-1 knows Y without any node; the plan has y1, y2.',
    "nginx on gw-1 can't make 50, 100 %; it can make 25 %.",
    'nginx on gw-1: Y gets 25 % already, and these nodes are out: x9 (set by run run-1).',
  ]);
});
