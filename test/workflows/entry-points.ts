import type { PlanInput } from '../../src/domain/plan/index.ts';

// A pool of two nginx, each on a host of its own, and a zone.

export const steps = [
  { y: 25, bake: '50ms' },
  { y: 100, bake: '50ms' },
];
export const EDGE = { via: 'nginx' as const, name: 'edge', host: ['lb1', 'lb2'], directory: '/srv/nginx/crossfade' };
export const ZONE = {
  via: 'route53' as const,
  name: 'zone',
  zone: 'Z1',
  record: 'api.example.com',
  x: ['192.0.2.1'],
  y: ['192.0.2.2'],
  ttl: 5,
  testers: { host: 'y.example.com' },
};
export const several = (order: 'together' | 'one-after-the-other'): PlanInput['traffic'] => ({
  via: 'several',
  entries: [EDGE, ZONE],
  order,
  steps,
});
export const [LB1, LB2] = ['@edge on lb1', '@edge on lb2'];
