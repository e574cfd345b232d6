import { ALL_NODES, type NodeName } from './addresses.ts';
import { runningNodes } from './kong.ts';

const EVERY = 200;

/** Counts how often each Kong node was started, by its process. */
export interface NodeStarts {
  counts(): Readonly<Record<NodeName, number>>;
  stop(): void;
}

export function countNodeStarts(dir: string): NodeStarts {
  const seen = new Map(ALL_NODES.map((name) => [name, new Set<string>()]));
  const look = () => {
    for (const { name, pid, startTime } of runningNodes(dir)) seen.get(name)?.add(`${pid}/${startTime}`);
  };
  look();
  const timer = setInterval(look, EVERY);
  return {
    counts: () => Object.fromEntries([...seen].map(([name, ids]) => [name, ids.size])) as Record<NodeName, number>,
    stop: () => clearInterval(timer),
  };
}
