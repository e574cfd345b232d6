import { join } from 'node:path';
import { freePort } from '../../sandbox/free-port.ts';
import { startNginx, type Nginx } from '../../sandbox/servers/nginx.ts';
import { createTrafficRouter } from '../../src/adapters/traffic/index.ts';
import { installNginx } from '../../src/adapters/traffic/nginx/install.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { KongNode, Plan, TrafficPlan } from '../../src/domain/plan/index.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import { startNode, type TestNode } from './node.ts';

export const upgrade = (runId: string): UpgradeRef => ({
  cluster: 'test',
  workflowId: 'kong/test',
  runId,
  startedAt: '2026-01-01T00:00:00.000Z',
});

export const traffic = (directory: string, weights = [5, 25, 50, 100]): TrafficPlan => ({
  via: 'nginx',
  host: 'here',
  directory,
  steps: weights.map((y) => ({ y, bake: 0, approve: false })),
  settle: 10_000,
  drain: 1_000,
});

export const kongNode = (name: string, port: number): KongNode => ({
  name,
  proxy: `http://127.0.0.1:${port}`,
  admin: 'http://127.0.0.1:1',
  status: 'http://127.0.0.1:2',
  env: {},
});

export const planFor = (directory: string, x: readonly TestNode[], y: readonly TestNode[], weights?: number[]) =>
  ({
    x: { nodes: x.map((node) => kongNode(node.name, node.port)) },
    y: { nodes: y.map((node) => kongNode(node.name, node.port)) },
    traffic: traffic(directory, weights),
  }) as unknown as Pick<Plan, 'x' | 'y' | 'traffic'>;

export interface Balanced {
  readonly port: number;
  readonly nginx: Nginx;
  readonly directory: string;
  readonly nodes: Readonly<Record<'x1' | 'x2' | 'y1' | 'y2', TestNode>>;
  readonly router: TrafficRouter;
  stop(): Promise<void>;
}

/** A real nginx in front of two nodes on each side, with Crossfade's include installed. */
export async function startBalanced(dir: string): Promise<Balanced> {
  const [x1, x2, y1, y2] = [await startNode('x1'), await startNode('x2'), await startNode('y1'), await startNode('y2')];
  const directory = join(dir, 'traffic');
  const port = await freePort();
  const plan = planFor(directory, [x1, x2], [y1, y2]);
  const files = await installNginx(plan);
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
    port,
    nginx,
    directory,
    nodes,
    router: createTrafficRouter()(plan.traffic),
    async stop() {
      await nginx.stop();
      for (const node of Object.values(nodes)) await node.stop();
    },
  };
}
