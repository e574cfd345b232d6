import type { DatabaseRef, KongNode, Side } from '../../domain/plan/index.ts';
import type { CommandResult } from '../process/index.ts';

export interface KongCommand {
  /** Whose settings the command gets (environment, kong.conf); those of the first node by default. */
  readonly node?: KongNode;
  /** On top of the settings, e.g. another user for migrations. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stops the command and everything that it started. */
  readonly signal?: AbortSignal;
  readonly onLine?: (line: string) => void;
  readonly timeoutMs: number;
}

/**
 * Where the nodes of one cluster run, and how. No call proves anything: whoever makes it looks at the node over the network. Nothing but
 * `kong` can be cancelled, so that no node is left half-started; each call ends by itself.
 */
export interface ClusterRunner {
  readonly on: 'local' | 'command';
  /**
   * A `kong` command that touches no node (`version`, `migrations ...`), with the settings of one. A command of the user's own gets no
   * more of them than the node's `env` in the plan: what it makes of that, and what kong.conf says where it runs, can't be seen.
   */
  kong(args: readonly string[], options: KongCommand): Promise<CommandResult>;
  /** The setting `plugins` of a node, as its environment or its kong.conf has it; `undefined` where that can't be seen from here. */
  plugins(node: KongNode): Promise<string | undefined>;
  /** Checks the node's configuration and prepares what it needs, without starting it. */
  prepare(node: KongNode): Promise<CommandResult>;
  start(node: KongNode): Promise<CommandResult>;
  /**
   * Stops a node gracefully, within `drainMs` milliseconds. `cut`: requests were still running at the end of it; absent where that can't
   * be seen.
   */
  stop(node: KongNode, drainMs: number): Promise<CommandResult & { cut?: boolean }>;
  reload(node: KongNode): Promise<CommandResult>;
  /** Removes what would let a stopped node be started by accident. */
  remove(node: KongNode): Promise<void>;
  /** The last lines of the node's error log, where it can be read; for messages. */
  log(node: KongNode): Promise<string>;
}

/** The runner of a cluster whose nodes use this database. */
export type CreateRunner = (cluster: Side, database: DatabaseRef) => ClusterRunner;
