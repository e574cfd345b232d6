import type { KongEntity, KongHttp } from '../adapters/kong/port.ts';
import { compareKinds, ENTITY_KINDS, type EntitySets } from '../domain/rules/entities.ts';
import { sleep } from '@temporalio/activity';
import { reportProgress } from './progress.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { NodeAddresses, SideAddresses } from '../domain/plan/index.ts';
import type { ClusterActivities, Readiness } from './contract.ts';
import { drainNodes } from './drain-node.ts';
import { identify } from './node-state.ts';
import { poll } from './poll.ts';

/** Nodes learn of changes with a delay (`db_update_frequency` and the like). */
const AGREE_WITHIN = 10_000;

/** One look may fail by chance. */
const IN_A_ROW = 3;

export function createClusterActivities({ http }: { http: KongHttp }): ClusterActivities {
  async function whyNotReady(cluster: SideAddresses, node: NodeAddresses): Promise<string | undefined> {
    try {
      const state = await http.ready(node);
      if (!state.ready) return state.reason;
      await identify(http, cluster, node);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function whoIsNotReady(cluster: SideAddresses): Promise<Record<string, string>> {
    const reasons = await Promise.all(
      cluster.nodes.map(async (node) => [node.name, await whyNotReady(cluster, node)] as const),
    );
    return Object.fromEntries(reasons.filter((one): one is [string, string] => one[1] !== undefined));
  }

  async function check(cluster: SideAddresses): Promise<Readiness> {
    const notReady = await whoIsNotReady(cluster);
    return { ready: cluster.nodes.map(({ name }) => name).filter((name) => !(name in notReady)), notReady };
  }

  async function read(cluster: SideAddresses, node: NodeAddresses): Promise<EntitySets> {
    const sets: Record<string, readonly KongEntity[] | undefined> = {};
    for (const kind of ENTITY_KINDS) sets[kind] = await http.entities(node, cluster.admin, kind);
    return sets;
  }

  async function firstReady(cluster: SideAddresses): Promise<NodeAddresses> {
    const reasons: string[] = [];
    for (const node of cluster.nodes) {
      const reason = await whyNotReady(cluster, node);
      if (reason === undefined) return node;
      reasons.push(`${node.name}: ${reason}`);
    }
    throw new CrossfadeError('NodeUnreachable', `No node of X can be compared with: ${reasons.join('; ')}.`);
  }

  return {
    checkNodes: ({ cluster }) => check(cluster),

    async checkSides({ x, y }) {
      const [ofX, ofY] = await Promise.all([check(x), check(y)]);
      return { x: ofX, y: ofY };
    },

    async awaitNodes({ cluster, whole, every }) {
      for (let short = 0; ;) {
        const notReady = await whoIsNotReady(cluster);
        short = Object.keys(notReady).length === 0 ? 0 : short + 1;
        reportProgress({ notReady });
        if (whole ? short === 0 : short >= IN_A_ROW) return { notReady };
        await sleep(every);
      }
    },

    async drainNodes({ cluster, drain }) {
      const { running } = await drainNodes(http, cluster, drain);
      return { running: [...running.values()].reduce((sum, one) => sum + one, 0) };
    },

    async compareEntities({ x, y }) {
      const reference = await firstReady(x);
      let differences: string[] = [];
      const agreed = await poll(
        async () => {
          const ofX = await read(x, reference);
          differences = [];
          for (const node of y.nodes)
            differences.push(...compareKinds(reference.name, ofX, node.name, await read(y, node)));
          return differences.length === 0 ? ofX : undefined;
        },
        { within: AGREE_WITHIN, every: 1_000 },
      );
      if (agreed === undefined) throw new CrossfadeError('EntitiesDiffer', `${differences.slice(0, 20).join('; ')}.`);
      const kinds = Object.values(agreed).filter((set) => set !== undefined);
      return { kinds: kinds.length, entities: kinds.reduce((sum, set) => sum + set.length, 0) };
    },
  };
}
