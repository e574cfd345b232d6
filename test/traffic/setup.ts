import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startNginx, type Nginx } from '../../sandbox/servers/nginx.ts';
import { createSecrets } from '../../src/adapters/secrets.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { installNginx } from '../../src/adapters/traffic/nginx/install.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { EntryVia, KongNode, Plan } from '../../src/domain/plan/index.ts';
import { balancersOf, type Balancer } from '../../src/domain/traffic/balancers.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { startNode, type TestNode } from './node.ts';

export const upgrade = (runId: string): UpgradeRef => ({
  cluster: 'test',
  workflowId: 'kong/test',
  runId,
  startedAt: '2026-01-01T00:00:00.000Z',
});

export const entryAt = (directory: string, more: Partial<EntryVia<'nginx'>> = {}): EntryVia<'nginx'> => ({
  via: 'nginx',
  host: ['here'],
  directory,
  ...more,
});

export const kongNode = (name: string, port: number, address = '127.0.0.1'): KongNode => ({
  name,
  proxy: `http://${address}:${port}`,
  admin: 'http://127.0.0.1:1',
  status: 'http://127.0.0.1:2',
  env: {},
});

type Nodes = readonly (Pick<TestNode, 'name' | 'port'> & { readonly address?: string })[];
type PlanOfTraffic = Pick<Plan, 'x' | 'y' | 'traffic'>;

export function planFor(
  entry: EntryVia<'nginx'>,
  x: Nodes,
  y: Nodes,
  weights: readonly number[] = [5, 25, 50, 100],
): PlanOfTraffic {
  const sideOf = (nodes: Nodes) => ({ nodes: nodes.map(({ name, port, address }) => kongNode(name, port, address)) });
  const steps = weights.map((weight) => ({ y: weight, bake: 0, approve: false }));
  const traffic = { ...entry, steps, settle: 10_000, tolerance: 1, drain: 1_000 };
  return { x: sideOf(x), y: sideOf(y), traffic } as unknown as PlanOfTraffic;
}

/** Installs for the plan's only entry point. */
export const install = (plan: PlanOfTraffic) => installNginx(balancerOf(plan).entry as EntryVia<'nginx'>, plan);

export function balancerOf(plan: PlanOfTraffic): Balancer {
  const [balancer] = balancersOf(plan);
  if (balancer === undefined) throw new Error('a plan has an entry point');
  return balancer;
}

/** A driver of nginx is able to do everything. */
export type WholeRouter = Required<TrafficRouter>;

export const routerOf = (plan: PlanOfTraffic): WholeRouter =>
  createTrafficRouter({ secrets: createSecrets({}) })(balancerOf(plan)) as WholeRouter;

export interface Balanced {
  readonly port: number;
  readonly nginx: Nginx;
  readonly plan: PlanOfTraffic;
  readonly directory: string;
  readonly nodes: Readonly<Record<'x1' | 'x2' | 'y1' | 'y2', TestNode>>;
  readonly router: WholeRouter;
  stop(): Promise<void>;
}

/** A real nginx in front of two nodes on each side, with Crossfade's include installed. */
export async function startBalanced(dir: string, more: Partial<EntryVia<'nginx'>> = {}): Promise<Balanced> {
  const [x1, x2, y1, y2] = [await startNode('x1'), await startNode('x2'), await startNode('y1'), await startNode('y2')];
  const directory = join(dir, 'traffic');
  const port = await freePort();
  const plan = planFor(entryAt(directory, { check: `http://127.0.0.1:${port}`, ...more }), [x1, x2], [y1, y2]);
  const files = await install(plan);
  const nginx = await startNginx({
    dir: join(dir, 'nginx'),
    http: `access_log off;
include ${files.http};
server {
  listen 127.0.0.1:${port};
  keepalive_requests 1000000;
  include ${files.server};
  location / { include ${files.location}; }
}`,
  });
  const nodes = { x1, x2, y1, y2 };
  return {
    ...{ port, nginx, plan, directory, nodes },
    router: routerOf(plan),
    async stop() {
      await nginx.stop();
      for (const node of Object.values(nodes)) await node.stop();
    },
  };
}
