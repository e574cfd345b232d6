import type { ClusterRunner } from '../adapters/cluster/port.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { lastLines } from '../domain/last-lines.ts';
import type { Side } from '../domain/plan/index.ts';
import { drainNodes } from './drain-node.ts';
import { identify } from './node-state.ts';
import { poll } from './poll.ts';

const RELOADED_WITHIN = 15_000;

/**
 * Lets a node end what it has, reloads it and waits until other workers than before answer: a reload that the node refuses ends with exit
 * code 0 and leaves the old ones at work. What was not ended goes on in the old workers: told is how much. Error `ReloadFailed`.
 */
export async function reloadNode(
  { http, runner, cluster }: { http: KongHttp; runner: ClusterRunner; cluster: Side },
  name: string,
  { drain }: { drain: number },
): Promise<{ running: number }> {
  const node = cluster.nodes.find((one) => one.name === name);
  if (node === undefined) throw new CrossfadeError('PlanInvalid', `The plan has no node ${name} in this cluster.`);
  const before = await http.root(node, cluster.admin);
  const drained = await drainNodes(http, { nodes: [node], version: cluster.version }, drain);

  const result = await runner.reload(node);
  const said = lastLines(`${result.stdout}\n${result.stderr}`);
  if (result.exitCode !== 0) throw new CrossfadeError('ReloadFailed', `${name} did not take its reload${said}.`);

  const isNew = (workers: readonly number[]) =>
    workers.length === 0 || !workers.some((worker) => before.workers.includes(worker));
  const reloaded = await poll(
    async () => {
      if (!(await http.ready(node)).ready) return undefined;
      const now = await http.root(node, cluster.admin).catch(() => undefined);
      return now !== undefined && isNew(now.workers) ? true : undefined;
    },
    { within: RELOADED_WITHIN },
  );
  if (reloaded === undefined) {
    const log = lastLines(await runner.log(node), 2);
    throw new CrossfadeError(
      'ReloadFailed',
      `${name} still runs with what it had before its reload${said}; error log${log}.`,
    );
  }
  await identify(http, cluster, node);
  return { running: drained.running.get(name) ?? 0 };
}
