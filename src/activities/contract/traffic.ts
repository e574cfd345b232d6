import type { Finding } from '../../domain/findings.ts';
import type { MetricsAddresses, Plan } from '../../domain/plan/index.ts';
import type { Balancer } from '../../domain/traffic/balancers.ts';
import type { MeasuredShare, TrafficState, Verification } from '../../domain/traffic/state.ts';
import type { UpgradeRef } from '../../domain/upgrade.ts';
import type { SideFigures, WatchResult } from '../../domain/verdict/index.ts';

// The balancer, and the metrics that are watched.

type S3 = Plan['backup']['s3'];

/** `traffic.ts`, on the balancer's host where it has one */
export interface TrafficActivities {
  /** The preflight's rules over one balancer: prepared for this plan, X has all traffic. Never throws for what it can't read. */
  checkBalancer(input: { at: Balancer }): Promise<readonly Finding[]>;
  /** What the balancer does now. */
  readTraffic(input: { at: Balancer }): Promise<TrafficState>;
  /**
   * Sets the share of Y, absolutely, and reads it back. `expected`: what it must be before; something else was changed by
   * somebody else: error `ForeignChange`, nothing is overwritten. An epoch older than the last is refused (`StaleEpoch`).
   */
  setWeight(input: {
    at: Balancer;
    upgrade: UpgradeRef;
    weight: number;
    epoch: number;
    expected?: number;
  }): Promise<TrafficState>;
  /** Waits until what carries the traffic goes by the weight, or `within` milliseconds have passed (`agrees: false`). */
  verifyWeight(input: { at: Balancer; weight: number; within: number }): Promise<Verification>;
  /** Takes one node out of the balancer, or puts it back; reads it back. */
  setNodeOut(input: {
    at: Balancer;
    upgrade: UpgradeRef;
    node: string;
    out: boolean;
    epoch: number;
  }): Promise<TrafficState>;
  /** Opens the way of testers to Y, or closes it; reads it back. */
  setTesters(input: { at: Balancer; upgrade: UpgradeRef; open: boolean; epoch: number }): Promise<TrafficState>;
  /**
   * Looks every `every` milliseconds whether the balancer still does what this upgrade has set: error `ForeignChange` where it does not. One
   * that can't be read is no change. Ends when it could not be read for half a minute, with why, or when it could be, as `until` says.
   */
  watchWeight(input: {
    at: Balancer;
    upgrade: UpgradeRef;
    weight: number;
    every: number;
    until: 'silent' | 'heard';
  }): Promise<{ why: string }>;
}

/** `watch.ts` */
export interface WatchActivities {
  /** Waits until the share that arrives agrees with the weight, or `within` has passed (`agrees: false`). */
  measureShare(input: {
    x: MetricsAddresses;
    y: MetricsAddresses;
    weight: number;
    within: number;
    /** Points of percent. */
    tolerance: number;
  }): Promise<MeasuredShare>;
  /**
   * Reads the metrics of both sides every `verdict.every`. Ends with `fail` as soon as there is one, and as soon as both sides fail
   * (`both`), unless it is to go on through that; else when `bake`
   * milliseconds have passed (plus `verdict.extend` at most while inconclusive). Without `bake` it goes on until it is cancelled or
   * fails. The last sample travels as heartbeat details. Resumes after a crash from them.
   * `control`: X's last window, for the time when X has no traffic.
   */
  watchTraffic(input: {
    x: MetricsAddresses;
    y: MetricsAddresses;
    verdict: Plan['verdict'];
    weight: number;
    bake?: number;
    throughBoth?: boolean;
    control?: SideFigures;
    s3: S3;
    upgrade: UpgradeRef;
    /** Names the samples' object: `shift-25`, `finish`. */
    name: string;
  }): Promise<WatchResult>;
}
