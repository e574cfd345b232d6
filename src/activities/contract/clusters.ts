import type { SideName } from '../../domain/names.ts';
import type { Balancer } from '../../domain/traffic/balancers.ts';
import type { HttpTest, Plan, Side, SideAddresses, StagePlan } from '../../domain/plan/index.ts';

// The two clusters: their nodes, and what they answer.

type Database = Plan['database'];

/** `nodes.ts`, host of the side's runner */
export interface NodeActivities {
  /** Prepares and checks the nodes of Y without starting them. Returns their names. */
  prepareNodes(input: { side: SideName; cluster: Side; database: Database }): Promise<readonly string[]>;
  /** Starts what is not running, waits until every node is ready, checks version and node ids. */
  startNodes(input: { side: SideName; cluster: Side; database: Database; within: number }): Promise<readonly string[]>;
  /**
   * Stops the nodes once nothing runs on them, at most `drain` milliseconds later, and proves over the network that they are gone. `cut`:
   * requests, WebSockets and streams that were cut; at most so many where the user's own command stops the node. Refuses (`StillServing`) while the side gets any traffic: by the balancer's own state where it is on
   * the same host, else by `weight`, as it was read back on the balancer's host last.
   */
  stopNodes(input: {
    side: SideName;
    cluster: Side;
    database: Database;
    drain: number;
    /** Those on the same host. */
    balancers: readonly Balancer[];
    weight: number;
  }): Promise<{ stopped: readonly string[]; cut: number }>;
  /**
   * Reloads one node that is out of the balancer once nothing runs on it, at most `drain` milliseconds later, and waits until it is ready
   * again. `running`: what did not end, and goes on in the node's old workers with what they know.
   */
  reloadNode(input: {
    side: SideName;
    cluster: Side;
    database: Database;
    node: string;
    drain: number;
  }): Promise<{ running: number }>;
  /**
   * Stops one node that is out of the balancer as `stopNodes` does, proves that it is gone, and starts it again until it is ready; one that does not run is
   * just started. Errors `StillServing` where the balancer is on the same host and gives it traffic, `StillAnswering`, `NodeStartFailed`.
   */
  restartNode(input: {
    side: SideName;
    cluster: Side;
    database: Database;
    node: string;
    drain: number;
    /** Those on the same host that can take one node out. */
    balancers: readonly Balancer[];
    within: number;
  }): Promise<{ cut: number }>;
  /** Removes the prefix directories of stopped nodes (local) so that nothing starts them by accident. */
  removeNodes(input: { side: SideName; cluster: Side; database: Database }): Promise<readonly string[]>;
}

/** Of the nodes of one side, by name. */
export interface Readiness {
  readonly ready: readonly string[];
  /** With the reason. */
  readonly notReady: Readonly<Record<string, string>>;
}

/** `cluster.ts`: what can be read over the network */
export interface ClusterActivities {
  /** Which nodes are ready (right version), by name; the others with the reason. Never throws for a node that is down. */
  checkNodes(input: { cluster: SideAddresses }): Promise<Readiness>;
  /** The same of both sides in one look. */
  checkSides(input: { x: SideAddresses; y: SideAddresses }): Promise<Record<SideName, Readiness>>;
  /**
   * Looks every `every` milliseconds; returns once every node is ready (`whole`), or once one has not been for three looks in a row, with the
   * reasons. Ends by being cancelled otherwise.
   */
  awaitNodes(input: {
    cluster: SideAddresses;
    whole: boolean;
    every: number;
  }): Promise<{ notReady: Readonly<Record<string, string>> }>;
  /** Waits until nothing runs on the nodes, at most `drain` milliseconds. Returns how many requests and WebSockets still do. */
  drainNodes(input: { cluster: SideAddresses; drain: number }): Promise<{ running: number }>;
  /** X and Y show the same entities through their Admin APIs (counts and ids per kind). Error `EntitiesDiffer`. */
  compareEntities(input: { x: SideAddresses; y: SideAddresses }): Promise<{ kinds: number; entities: number }>;
}

/** `stage.ts` */
export interface StageActivities {
  /** The declared tests against every node of the side. Error `TestsFailed` lists each failure. */
  runTests(input: {
    side: SideName;
    cluster: SideAddresses;
    tests: readonly HttpTest[];
  }): Promise<{ passed: number; nodes: number }>;
  /** The same requests to X and to Y; error `AnswersDiffer` lists each difference. */
  compareAnswers(input: {
    x: SideAddresses;
    y: SideAddresses;
    compare: StagePlan['compare'];
  }): Promise<{ compared: number }>;
}
