import type { KongHttp, KongPlugin, KongRoute } from '../adapters/kong/port.ts';
import type { NodeAddresses, SideAddresses } from '../domain/plan/index.ts';
import type { NodeFacts } from '../domain/rules/index.ts';

/** What every node of a side says of itself. Never throws: what can't be read is a fact too. */
export const readNodes = (http: KongHttp, cluster: SideAddresses): Promise<NodeFacts[]> =>
  Promise.all(cluster.nodes.map((node) => readNode(http, cluster, node)));

async function readNode(http: KongHttp, cluster: SideAddresses, node: NodeAddresses): Promise<NodeFacts> {
  if (!(await http.answers(node))) {
    const silent = `nothing answers at ${node.proxy}, ${node.admin} or ${node.status}`;
    return { name: node.name, answers: false, unreadable: silent };
  }
  const [root, ready] = await Promise.all([http.root(node, cluster.admin).catch(asError), http.ready(node)]);
  return {
    name: node.name,
    answers: true,
    ...(root instanceof Error ? { unreadable: root.message } : { root }),
    ...(ready.ready ? {} : { notReady: ready.reason }),
  };
}

/** The plugins that X shows, and why metrics of which nodes can't be read. */
export async function readMetricFacts(
  http: KongHttp,
  cluster: SideAddresses,
): Promise<{ plugins: readonly KongPlugin[]; unreadable: readonly string[] }> {
  const metrics = await Promise.all(cluster.nodes.map((node) => http.metrics(node).then(() => undefined, asError)));
  const unreadable = metrics.flatMap((one) => (one === undefined ? [] : [one.message]));
  const plugins = await firstOf(cluster.nodes.map((node) => () => http.plugins(node, cluster.admin)));
  return plugins instanceof Error
    ? { plugins: [], unreadable: [...unreadable, plugins.message] }
    : { plugins, unreadable };
}

/** The routes that X shows, by the first of its nodes that does. */
export async function readRoutes(http: KongHttp, cluster: SideAddresses): Promise<readonly KongRoute[]> {
  const routes = await firstOf(cluster.nodes.map((node) => () => http.routes(node, cluster.admin)));
  if (routes instanceof Error) throw routes;
  return routes;
}

async function firstOf<T>(tries: readonly (() => Promise<T>)[]): Promise<T | Error> {
  let last = new Error('there is no node');
  for (const one of tries) {
    const result = await one().catch(asError);
    if (!(result instanceof Error)) return result;
    last = result;
  }
  return last;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
