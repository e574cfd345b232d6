/** What one side did in a stretch of time, from Kong's own counters, own probes left out. */
export interface SideFigures {
  readonly requests: number;
  /** Answers with 5xx. */
  readonly errors: number;
  /** 0 to 1. */
  readonly errorRatio: number;
  /** Requests that matched no route. */
  readonly unmatched: number;
  /** 0 to 1. */
  readonly unmatchedRatio: number;
  /**
   * 99th percentile of the request latency in milliseconds, interpolated in Kong's histogram. Its first bucket ends at 25 ms:
   * below that it says "at most 25", whatever digits it has. Absent without requests, or without latency metrics.
   */
  readonly p99Ms?: number;
  /** Between which the 99th percentile lies with 98 % confidence, given how many requests there were. */
  readonly p99Between?: readonly [low: number, high: number];
  /** 50th percentile, milliseconds. */
  readonly p50Ms?: number;
  readonly seconds: number;
}

/** `x`: X in the same time. `x-last`: X's last window, since X has no traffic any more. `none`: absolute limits only. */
export type Control = 'x' | 'x-last' | 'none';

export interface Reason {
  readonly metric: 'errorRatio' | 'unmatchedRatio' | 'latencyP99' | 'requests' | 'nodes' | 'metrics';
  /** A sentence for people, with the figures. */
  readonly text: string;
}

export interface Verdict {
  readonly verdict: 'pass' | 'fail' | 'inconclusive';
  readonly control: Control;
  /** Why it is not a pass; empty for a pass. */
  readonly reasons: readonly Reason[];
  /** Both sides fail at the same time, so that it is what they share, and not Y. Such a verdict is `inconclusive`. */
  readonly both?: true;
  readonly x?: SideFigures;
  readonly y?: SideFigures;
}

/** One read of the metrics of both sides, for charts: figures since the read before. */
export interface Sample {
  /** ISO 8601. */
  readonly at: string;
  readonly weight: number;
  readonly x?: SideFigures;
  readonly y?: SideFigures;
}

/** What a watch ended with. The samples themselves are in S3. */
export interface WatchResult {
  readonly verdict: Verdict;
  readonly from: string;
  readonly to: string;
  readonly weight: number;
  /** S3 key of the samples as JSON lines, in the plan's bucket; absent when S3 did not take them. */
  readonly samplesKey?: string;
  readonly samples: number;
}
