import type { WatchState } from './series.ts';
import type { Sample, Verdict } from './types.ts';

/** What a running watch sends as heartbeat details: `status` shows the first two; a retry goes on from the third. */
export interface LiveWatch {
  readonly sample: Sample;
  readonly verdict: Verdict;
  readonly state: WatchState;
}
