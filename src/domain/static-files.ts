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

/** Where Kong looks for its settings when it is not told of a file. */
const DEFAULT_CONF = ['/etc/kong/kong.conf', '/etc/kong.conf'];

/**
 * Where nodes on the worker's own host keep files that nobody needs to list, each once: their prefix folders, and their kong.conf. Not all
 * of them need to be there.
 */
export function filesOfNodes({ runs, nodes }: Pick<Side, 'runs' | 'nodes'>): string[] {
  if (runs.on !== 'local') return [];
  const confs = nodes.flatMap(({ conf }) => conf ?? DEFAULT_CONF);
  return [...new Set([...nodes.flatMap(({ prefix }) => prefix ?? []), ...confs])];
}
