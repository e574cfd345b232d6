import type { KongNode, Side } from './cluster.ts';

/** Where a node is on the network. */
export type NodeAddresses = Pick<KongNode, 'name' | 'proxy' | 'admin' | 'status'>;

/** What is needed to talk to a side over the network; a whole side is one too. */
export interface SideAddresses extends Pick<Side, 'version' | 'admin'> {
  readonly nodes: readonly NodeAddresses[];
}

/** What is needed to read the metrics of a side. */
export interface MetricsAddresses {
  readonly nodes: readonly Pick<NodeAddresses, 'name' | 'status'>[];
}

/** Without how the side runs: what an activity gets stands in the history once for each call. */
export const addressesOf = ({ version, admin, nodes }: Side): SideAddresses => ({
  version,
  admin,
  nodes: nodes.map(({ name, proxy, admin, status }) => ({ name, proxy, admin, status })),
});

/** The same for the watch, which is asked for most often. */
export const metricsOf = ({ nodes }: Side): MetricsAddresses => ({
  nodes: nodes.map(({ name, status }) => ({ name, status })),
});
