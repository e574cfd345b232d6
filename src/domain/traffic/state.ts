/** What one balancer does now, read back from it. */
export interface TrafficState {
  /** Percent of the traffic that goes to Y. */
  readonly weight: number;
  /** Names of nodes taken out of the balancer. */
  readonly out: readonly string[];
  /** The epoch of the last change; 0 before the first. A driver refuses an older one. */
  readonly epoch: number;
  /** The upgrade (workflow run id) that made the last change; absent before the first. */
  readonly by?: string;
  /** Testers reach Y; absent where the plan has none. */
  readonly testers?: boolean;
}

/** Whether what carries the traffic goes by the weight that was set. */
export interface Verification {
  readonly agrees: boolean;
  /** What was asked and what it said, for people: `3 of 3 resolvers answer with it`. */
  readonly what: string;
}

/** The share of the requests that really arrived at Y. */
export interface MeasuredShare {
  /** Percent. */
  readonly share: number;
  /** 95 % confidence interval, percent. */
  readonly low: number;
  readonly high: number;
  /** Requests counted on both sides. */
  readonly requests: number;
  readonly agrees: boolean;
}
