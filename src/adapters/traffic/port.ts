import type { SideName } from '../../domain/names.ts';
import type { TrafficPlan } from '../../domain/plan/index.ts';
import type { TrafficState } from '../../domain/traffic.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';

/**
 * One balancer. Every change is absolute, may be repeated, carries the epoch of its step, and returns what was read back.
 *
 * Errors of all: `NotInstalled`, `BalancerUnwritable`; of changes also `StaleEpoch`, `ForeignChange`, `BalancerBusy`,
 * `WeightNotApplied`.
 */
export interface TrafficRouter {
  /** What the balancer is able to do, as it was installed. */
  describe(): Promise<TrafficDescription>;
  current(): Promise<TrafficState>;
  set(change: WeightChange): Promise<TrafficState>;
  setOut(change: OutChange): Promise<TrafficState>;
}

export type CreateTrafficRouter = (traffic: TrafficPlan) => TrafficRouter;

export interface WeightChange {
  readonly upgrade: UpgradeRef;
  /** Percent of the traffic that goes to Y. */
  readonly weight: number;
  readonly epoch: number;
  /** The weight that must be in force before. Left out by a retreat, which overwrites whatever it finds. */
  readonly expected?: number;
}

export interface OutChange {
  readonly upgrade: UpgradeRef;
  readonly node: string;
  readonly out: boolean;
  readonly epoch: number;
}

export interface TrafficDescription {
  readonly driver: 'nginx';
  /** Where it is, for people. */
  readonly place: string;
  /** Every weight of Y that can be set, ascending. */
  readonly weights: readonly number[];
  readonly nodes: Readonly<Record<SideName, readonly BalancedNode[]>>;
}

export interface BalancedNode {
  readonly name: string;
  /** `host:port` */
  readonly address: string;
}
