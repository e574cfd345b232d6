import { lookup } from 'node:dns/promises';
import type { NodeAddresses } from '../../domain/plan/index.ts';
import { plainAddress } from '../../domain/sessions.ts';

/** The network addresses of the hosts that a node's URLs name. A name that nobody knows gives none. */
export type ResolveHosts = (nodes: readonly NodeAddresses[]) => Promise<string[]>;

export const resolveHosts: ResolveHosts = async (nodes) => {
  const hosts = nodes.flatMap(({ proxy, admin, status }) => [proxy, admin, status].map((url) => new URL(url).hostname));
  const found = await Promise.all(
    // An IPv6 address stands in brackets in a URL.
    [...new Set(hosts)].map((host) => lookup(host.replace(/^\[|\]$/g, ''), { all: true }).catch(() => [])),
  );
  return [...new Set(found.flat().map(({ address }) => plainAddress(address)))];
};
