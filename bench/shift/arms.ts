import type { EntryVia, KongNode, Plan } from '../../src/domain/plan/index.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import type { UpgradeRef } from '../../src/domain/upgrade.ts';
import type { NodeName } from './load/request.ts';
import type { Nodes } from './nodes.ts';

export const BALANCERS = ['nginx', 'haproxy'] as const;
export type BalancerName = (typeof BALANCERS)[number];
export const BALANCER_TITLES: Readonly<Record<BalancerName, string>> = { nginx: 'nginx', haproxy: 'HAProxy' };

/** A balancer in front of the nodes, and one way of moving its traffic. */
export interface Arm {
  /** Where it takes requests. */
  readonly port: number;
  /** Percent of Y. Returns when a script or an upgrade would go on. */
  setWeight(weight: number): Promise<void>;
  setOut(node: NodeName, out: boolean): Promise<void>;
  stop(): Promise<void>;
}

/** Nodes that can't be told apart by the balancer: one version is stopped, and the other started in its place. */
export type PlainArm = Pick<Arm, 'port' | 'stop'>;

export const WEIGHTS = [5, 25, 50, 100] as const;
export const SIDES = { x: ['x1', 'x2'], y: ['y1', 'y2'] } as const;

const RUN: UpgradeRef = {
  cluster: 'bench',
  workflowId: 'kong/bench',
  runId: 'b0000000-0000-4000-8000-000000000000',
  startedAt: '2026-01-01T00:00:00.000Z',
};

/** What Crossfade's driver does to a balancer. */
export function byDriver(router: TrafficRouter): Pick<Arm, 'setWeight' | 'setOut'> {
  let epoch = 0;
  let weight = 0;
  return {
    async setWeight(next) {
      const expected = weight;
      // Everything back to X is a retreat, which overwrites whatever it finds.
      await router.set({ upgrade: RUN, epoch: ++epoch, weight: next, ...(next === 0 ? {} : { expected }) });
      weight = next;
    },
    async setOut(node, out) {
      if (router.setOut === undefined) throw new Error('the driver can not take a node out');
      await router.setOut({ upgrade: RUN, epoch: ++epoch, node, out });
    },
  };
}

export const balancerOf = (entry: EntryVia<'nginx'> | EntryVia<'haproxy'>): Balancer => ({
  name: entry.via,
  entry,
  weights: WEIGHTS,
  nodes: SIDES,
});

/** What the installer of nginx's include needs of a plan. */
export function planOf(entry: EntryVia<'nginx'>, nodes: Nodes): Pick<Plan, 'x' | 'y' | 'traffic'> {
  const node = (name: NodeName): KongNode => ({
    ...{ name, proxy: `http://127.0.0.1:${nodes[name].port}`, env: {} },
    // Nobody asks them here.
    ...{ admin: 'http://127.0.0.1:1', status: 'http://127.0.0.1:1' },
  });
  const steps = WEIGHTS.map((y) => ({ y, bake: 0, approve: false }));
  const traffic = { ...entry, steps, settle: 10_000, tolerance: 1, drain: 1_000 };
  return { x: { nodes: SIDES.x.map(node) }, y: { nodes: SIDES.y.map(node) }, traffic } as unknown as Plan;
}
