import type { CreateRunner } from '../adapters/cluster/port.ts';
import type { KongHttp } from '../adapters/kong/port.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import { lastLines } from '../domain/last-lines.ts';
import type { SideName } from '../domain/names.ts';
import type { KongNode, Plan } from '../domain/plan/index.ts';
import type { Balancer } from '../domain/traffic/balancers.ts';
import type { TrafficState } from '../domain/traffic/state.ts';
import type { NodeActivities } from './contract.ts';
import { cutBy, drainNodes } from './drain-node.ts';
import { identify, proveGone } from './node-state.ts';
import { reloadNode } from './reload-node.ts';
import { restartNode } from './restart-node.ts';
import { bringUp } from './start-node.ts';

export interface NodeDeps {
  readonly runner: CreateRunner;
  readonly http: KongHttp;
  /** What the balancer does now. */
  readonly readTraffic: (balancer: Balancer) => Promise<TrafficState>;
}

export function createNodeActivities(deps: NodeDeps): NodeActivities {
  const { http } = deps;

  return {
    async prepareNodes({ cluster, database }) {
      const runner = deps.runner(cluster, database);
      for (const node of cluster.nodes) {
        if (await http.answers(node)) {
          await identifyOrForeign(deps, cluster, node);
          continue;
        }
        const result = await runner.prepare(node);
        if (result.exitCode === 0) continue;
        const message = `Kong refuses the configuration of ${node.name}${lastLines(result.stdout + result.stderr)}.`;
        throw new CrossfadeError('NodePrepareFailed', message);
      }
      return cluster.nodes.map(({ name }) => name);
    },

    async startNodes({ cluster, database, within }) {
      const runner = deps.runner(cluster, database);
      const started = await Promise.allSettled(
        cluster.nodes.map((node) => bringUp({ http, runner, cluster, node, within })),
      );
      const ids = started.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      });
      if (new Set(ids).size < ids.length) {
        const names = cluster.nodes.map(({ name }) => name).join(', ');
        throw new CrossfadeError(
          'ForeignNode',
          `Two of ${names} are the same node: their node ids are ${ids.join(', ')}.`,
        );
      }
      return cluster.nodes.map(({ name }) => name);
    },

    async stopNodes({ side, cluster, database, drain, balancers, weight }) {
      const answering: KongNode[] = [];
      for (const node of cluster.nodes) if (await http.answers(node)) answering.push(node);
      if (answering.length > 0) {
        refuseWhileServing(side, { weight });
        for (const balancer of balancers) refuseWhileServing(side, await deps.readTraffic(balancer));
      }

      const drained = await drainNodes(http, { nodes: answering, version: cluster.version }, drain);
      const runner = deps.runner(cluster, database);
      // None of the stops may still go on when this ends, whichever fails.
      const stops = await Promise.allSettled(answering.map((node) => runner.stop(node, drained.left)));
      let cut = 0;
      for (const [index, node] of answering.entries()) {
        const stop = stops[index];
        if (stop?.status !== 'fulfilled') throw stop?.reason;
        await proveGone(http, node, stop.value);
        cut += cutBy(stop.value, drained.running.get(node.name));
      }
      return { stopped: cluster.nodes.map(({ name }) => name), cut };
    },

    reloadNode: ({ cluster, database, node, drain }) =>
      reloadNode({ http, runner: deps.runner(cluster, database), cluster }, node, { drain }),

    async restartNode({ cluster, database, node, drain, balancers, within }) {
      for (const balancer of balancers)
        if (!(await deps.readTraffic(balancer)).out.includes(node))
          throw new CrossfadeError('StillServing', `${node} is not restarted: ${balancer.name} does not have it out.`);
      return restartNode({ http, runner: deps.runner(cluster, database), cluster }, node, { drain, within });
    },

    async removeNodes({ cluster, database }) {
      const runner = deps.runner(cluster, database);
      for (const node of cluster.nodes) {
        if (await http.answers(node))
          throw new CrossfadeError(
            'StillAnswering',
            `${node.name} was to be removed, and it answers: it is not stopped.`,
          );
        await runner.remove(node);
      }
      return cluster.nodes.map(({ name }) => name);
    },
  };
}

/** Something that is no Kong at all is as foreign as another version. */
async function identifyOrForeign({ http }: NodeDeps, cluster: Plan['y'], node: KongNode): Promise<void> {
  try {
    await identify(http, cluster, node);
  } catch (error) {
    if (error instanceof CrossfadeError && error.code === 'ForeignNode') throw error;
    const message = `An address of ${node.name} is taken, and not by a Kong with this Admin API: ${(error as Error).message}`;
    throw new CrossfadeError('ForeignNode', message, { cause: error });
  }
}

function refuseWhileServing(side: SideName, { weight }: Pick<TrafficState, 'weight'>): void {
  const share = side === 'y' ? weight : 100 - weight;
  if (share === 0) return;
  const message = `The nodes of ${side.toUpperCase()} are not stopped: the balancer sends ${share} % of the traffic to them.`;
  throw new CrossfadeError('StillServing', message);
}
