import type { ClusterRunner } from '../adapters/cluster/port.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { Side } from '../domain/plan/index.ts';
import { cutBy, drainNodes } from './drain-node.ts';
import { proveGone } from './node-state.ts';
import { bringUp } from './start-node.ts';

/**
 * Lets a node end what it has, stops it, proves that it is gone, and starts it until it is ready. One that does not run, as after an attempt that
 * was cut short, is just started. Errors `StillAnswering`, `NodeStartFailed`, `ForeignNode`.
 */
export async function restartNode(
  { http, runner, cluster }: { http: KongHttp; runner: ClusterRunner; cluster: Side },
  name: string,
  { drain, within }: { drain: number; within: number },
): Promise<{ cut: number }> {
  const node = cluster.nodes.find((one) => one.name === name);
  if (node === undefined) throw new CrossfadeError('PlanInvalid', `The plan has no node ${name} in this cluster.`);
  let cut = 0;
  if (await http.answers(node)) {
    const drained = await drainNodes(http, { nodes: [node], version: cluster.version }, drain);
    const stopped = await runner.stop(node, drained.left);
    await proveGone(http, node, stopped);
    cut = cutBy(stopped, drained.running.get(name));
  }
  await bringUp({ http, runner, cluster, node, within });
  return { cut };
}
