import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolder, removeFolder } from '../../sandbox/folder.ts';
import { endRecorded } from '../../sandbox/processes.ts';
import { whenInterrupted } from '../support/interrupted.ts';
import type { Arm, BalancerName, PlainArm } from './arms.ts';
import { haproxyByCrossfade, haproxyByReload, plainHaproxy } from './haproxy.ts';
import { nginxByCrossfade, nginxByReload, plainNginx } from './nginx.ts';
import { startNode, startNodes, type Node, type Nodes } from './nodes.ts';
import { startSlowService } from './slow.ts';

/** How traffic is moved. */
export const ARMS = ['crossfade', 'reload'] as const;
export type ArmName = (typeof ARMS)[number];

const START: Readonly<Record<BalancerName, Record<ArmName, (dir: string, nodes: Nodes) => Promise<Arm>>>> = {
  nginx: { crossfade: nginxByCrossfade, reload: nginxByReload },
  haproxy: { crossfade: haproxyByCrossfade, reload: haproxyByReload },
};
const PLAIN = { nginx: plainNginx, haproxy: plainHaproxy } as const;

export interface Stand {
  readonly nodes: Nodes;
  /** Starts a balancer in front of the nodes, does `work`, and stops it. */
  withArm<T>(balancer: BalancerName, arm: ArmName, work: (arm: Arm) => Promise<T>): Promise<T>;
  /** The same with a balancer that knows two addresses only, on which X runs; Y does not. Afterwards X runs again. */
  withPlain<T>(balancer: BalancerName, work: (arm: PlainArm, x: Node[], y: Node[]) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Two nodes on each side, running. */
export async function setUpStand(name: string): Promise<Stand> {
  const dir = fileURLToPath(new URL(`../../.sandbox/bench-${name}`, import.meta.url));
  await endAll(dir);
  await makeFolder(dir);
  const over = whenInterrupted(() => endAll(dir));
  const slow = await startSlowService();
  const nodes = await startNodes(dir, slow.port);
  const x = [nodes.x1, nodes.x2];
  const all = (list: readonly Node[], what: 'start' | 'quit' | 'stop') => Promise.all(list.map((node) => node[what]()));
  return {
    nodes,
    async withArm(balancer, name, work) {
      // Nothing of an earlier one may be left: a driver keeps the epoch of its last change.
      const own = join(dir, `${balancer}-${name}`);
      await makeFolder(own);
      const arm = await START[balancer][name](own, nodes);
      try {
        return await work(arm);
      } finally {
        await arm.stop();
      }
    },
    async withPlain(balancer, work) {
      await all(x, 'quit');
      const y = await Promise.all(
        x.map(({ port }, index) =>
          startNode(join(dir, 'in-place'), { name: index === 0 ? 'y1' : 'y2', port, slowPort: slow.port }),
        ),
      );
      await all(y, 'quit');
      await all(x, 'start');
      const arm = await PLAIN[balancer](join(dir, `${balancer}-plain`), x);
      try {
        return await work(arm, x, y);
      } finally {
        await arm.stop();
        await all(y, 'stop');
      }
    },
    async stop() {
      await slow.stop();
      await all(Object.values(nodes), 'stop');
      await removeFolder(dir);
      over();
    },
  };
}

/** Whatever was started in the folder, or in the folders of the arms in it. */
async function endAll(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  await Promise.all([dir, ...readdirSync(dir).map((name) => join(dir, name))].map(endRecorded));
}
