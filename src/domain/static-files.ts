import type { Side } from './plan/index.ts';

/** What becomes of the static files of a host, each in words: `/etc/kong/tls.key (a private key)`. */
export interface FileChoice {
  /** How many are stored. */
  readonly stored: number;
  /** The plan names them, and they are not there or can't be read. */
  readonly missing: readonly string[];
  /** The plan names them, and they hold a secret that nothing would encrypt. */
  readonly refused: readonly string[];
  /** Found among what a node keeps for itself, and not stored: secret, or not readable. */
  readonly leftOut: readonly string[];
}

/** Where nodes on the worker's own host keep files that nobody needs to list: their prefix folders, and their kong.conf. */
export const filesOfNodes = ({ runs, nodes }: Pick<Side, 'runs' | 'nodes'>): string[] =>
  runs.on === 'local' ? nodes.flatMap(({ prefix, conf }) => [prefix, conf].filter((path) => path !== undefined)) : [];
