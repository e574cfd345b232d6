/** What the clients saw, from the start of the load or within one second. */
export interface LoadCounts {
  sent: number;
  /** Answered as it should be. */
  ok: number;
  /** No answer, a status of 500 and above or another unexpected one, or a wrong body. Never tried again. */
  failed: number;
  /** Of the failed ones, those that a Kong answered wrongly on purpose (it says so in a header). */
  failedByY: number;
  /** Kept-alive connections that the server closed while no request was on them. */
  idleClosed: number;
  /** Requests by the version of the Kong that answered. */
  byVersion: Record<string, number>;
}

/** One second of the load, for the live view. */
export interface LoadSecond extends LoadCounts {
  /** ISO 8601, the end of the second. */
  readonly at: string;
}

/** What the load writes down at its end. */
export interface LoadResult extends LoadCounts {
  readonly seconds: number;
  /** The first failures, with what was wrong. */
  readonly failures: readonly string[];
}

export const noCounts = (): LoadCounts => ({
  sent: 0,
  ok: 0,
  failed: 0,
  failedByY: 0,
  idleClosed: 0,
  byVersion: {},
});
