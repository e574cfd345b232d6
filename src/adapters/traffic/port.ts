import type { SideName } from '../../domain/names.ts';
import type { Via } from '../../domain/plan/index.ts';
import type { Balancer } from '../../domain/traffic/balancers.ts';
import type { TrafficState, Verification } from '../../domain/traffic/state.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

/**
 * One balancer. Every change is absolute, may be repeated, carries the epoch of its step, and returns what was read back.
 *
 * Errors of all: `NotInstalled` or `BalancerNotPrepared`, `BalancerUnreachable`, `BalancerRefused`, `BalancerNonsense`; of changes also
 * `StaleEpoch`, `ForeignChange`, `BalancerBusy`, `BalancerUnwritable`, `WeightNotApplied`.
 */
export interface TrafficRouter {
  /** What the balancer is able to do, as it was prepared. Refuses what the plan needs and is not there. */
  describe(): Promise<TrafficDescription>;
  current(): Promise<TrafficState>;
  set(change: WeightChange): Promise<TrafficState>;
  /** Asks what carries the traffic (resolvers, a controller, nginx itself) until it goes by the weight, or `within` milliseconds have passed. */
  verify(weight: number, watch: VerifyOptions): Promise<Verification>;
  /** Absent where one node can't be taken out. When it is back in, it gets traffic again before this returns. */
  setOut?(change: OutChange): Promise<TrafficState>;
  /** Opens or closes the way of testers to Y. Absent where there is none, or the plan asks for none. */
  setTesters?(change: TestersChange): Promise<TrafficState>;
}

export type CreateTrafficRouter = (balancer: Balancer) => TrafficRouter;

interface Change {
  readonly upgrade: UpgradeRef;
  readonly epoch: number;
}

export interface WeightChange extends Change {
  /** Percent of the traffic that goes to Y. */
  readonly weight: number;
  /** The weight that must be in force before. Left out by a retreat, which overwrites whatever it finds. */
  readonly expected?: number;
}

export interface OutChange extends Change {
  readonly node: string;
  readonly out: boolean;
}

export interface TestersChange extends Change {
  readonly open: boolean;
}

export interface VerifyOptions {
  /** Milliseconds. */
  readonly within: number;
  /** Called with what was seen last; keeps the caller's heartbeat telling. */
  readonly report?: (what: string) => void;
  readonly signal?: AbortSignal;
}

export interface TrafficDescription {
  readonly driver: Via;
  /** Where it is, for people. */
  readonly place: string;
  /** Every weight of Y that can be set, ascending; absent: any. */
  readonly weights?: readonly number[];
  /** The nodes that it knows; absent where it does not know single nodes. */
  readonly nodes?: Readonly<Record<SideName, readonly BalancedNode[]>>;
  /** What can't be done here and the plan would need, in a sentence each; it is told at `preflight`. */
  readonly lacks?: readonly string[];
}

export interface BalancedNode {
  readonly name: string;
  /** `host:port` */
  readonly address: string;
}
