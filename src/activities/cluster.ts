import type { KongEntity, KongHttp } from '../adapters/kong/port.ts';
import { compareKinds, ENTITY_KINDS, type EntitySets } from '../domain/rules/entities.ts';
import { CrossfadeError } from '../domain/errors/index.ts';
import type { NodeAddresses, SideAddresses } from '../domain/plan/index.ts';
import type { ClusterActivities } from './contract.ts';
import { identify } from './node-state.ts';
import { poll } from './poll.ts';

/** Nodes learn of changes with a delay (`db_update_frequency` and the like). */
const AGREE_WITHIN = 10_000;

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
    async checkNodes({ cluster }) {
      const reasons = await Promise.all(
        cluster.nodes.map(async (node) => [node.name, await whyNotReady(cluster, node)] as const),
      );
      const down = reasons.filter((one): one is [string, string] => one[1] !== undefined);
      return {
        ready: reasons.filter(([, reason]) => reason === undefined).map(([name]) => name),
        notReady: Object.fromEntries(down),
      };
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
