import type { PlanInput } from '../../src/domain/plan/index.ts';

/** Where a plan's parts run. */
export interface Hosts {
  readonly x: string;
  readonly y: string;
  readonly balancer: string;
}

export const ONE_HOST: Hosts = { x: 'h1', y: 'h1', balancer: 'h1' };

function side(name: 'x' | 'y', version: string, host: string): PlanInput['x'] {
  const base = name === 'x' ? 8000 : 9000;
  const nodes = [1, 2].map((n) => ({
    name: `${name}${n}`,
    proxy: `http://127.0.0.1:${base + n * 10}`,
    admin: `http://127.0.0.1:${base + n * 10 + 1}`,
    status: `http://127.0.0.1:${base + n * 10 + 2}`,
    prefix: `/srv/kong/${name}${n}`,
  }));
  return { version, runs: { on: 'local', host, kong: '/opt/kong/bin/kong' }, nodes };
}

/** A sound plan with short bakes. No gate but `finish`, which can't be removed. */
export function testPlan(cluster: string, changes: Partial<PlanInput> = {}, hosts: Hosts = ONE_HOST): PlanInput {
  return {
    cluster,
    startedBy: 'starter',
    x: side('x', '3.6.1', hosts.x),
    y: side('y', '3.7.1', hosts.y),
    database: { host: '127.0.0.1', name: 'kong', user: 'kong', password: { env: 'KONG_PG_PASSWORD' } },
    path: { accept: 'minor', reason: 'a test' },
    rehearsed: { waiver: { by: 'ann', reason: 'a test' } },
    freeze: { quiet: '1ms' },
    backup: { s3: { bucket: 'backups' }, files: ['/etc/kong/kong.conf'] },
    stage: { tests: [{ name: 'up', path: '/up', expect: { status: 200 } }] },
    traffic: {
      via: 'nginx',
      host: hosts.balancer,
      directory: '/srv/nginx/crossfade',
      steps: [
        { y: 25, bake: '50ms' },
        { y: 100, bake: '50ms' },
      ],
    },
    gates: { start: false },
    watch: '50ms',
    keep: '0s',
    ...changes,
  };
}
