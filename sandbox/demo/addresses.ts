import { join } from 'node:path';
import { freePort } from '../free-port.ts';

export const NODE_NAMES = { x: ['x1', 'x2'], y: ['y1', 'y2'] } as const;
export const ALL_NODES = [...NODE_NAMES.x, ...NODE_NAMES.y] as const;
export type NodeName = (typeof ALL_NODES)[number];

/** Where one Kong node is. */
export interface NodePlace {
  readonly name: NodeName;
  readonly proxy: number;
  readonly admin: number;
  readonly status: number;
  readonly prefix: string;
}

/** Where everything of the demo is that is chosen before it starts. Ports are of 127.0.0.1. */
export interface Places {
  readonly dir: string;
  readonly balancer: number;
  /** What nginx reads per request; Crossfade owns it. */
  readonly traffic: string;
  /** What all nodes have in common. */
  readonly conf: string;
  readonly reports: string;
  /** The stand-in's faults are read from here. */
  readonly faults: string;
  readonly nodes: Readonly<Record<NodeName, NodePlace>>;
}

export const kongDir = (dir: string) => join(dir, 'kong');

export async function choosePlaces(dir: string): Promise<Places> {
  const nodes = await Promise.all(
    ALL_NODES.map(async (name): Promise<[NodeName, NodePlace]> => {
      const [proxy, admin, status] = [await freePort(), await freePort(), await freePort()];
      return [name, { name, proxy, admin, status, prefix: join(kongDir(dir), name) }];
    }),
  );
  return {
    dir,
    balancer: await freePort(),
    traffic: join(dir, 'traffic'),
    conf: join(dir, 'kong.conf'),
    reports: join(dir, 'reports'),
    faults: join(dir, 'faults.json'),
    nodes: Object.fromEntries(nodes) as Record<NodeName, NodePlace>,
  };
}

export const url = (port: number): string => `http://127.0.0.1:${port}`;
