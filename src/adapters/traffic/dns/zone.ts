import type { Mark, ReadMark } from './mark.ts';

/** What a zone has of what the plan names, as it was read in one piece. */
export interface Found extends ReadMark {
  /** Percent on Y; `undefined` where the records are none that Crossfade makes of the plan's sides. */
  readonly weight: number | undefined;
  /** The records, for people. */
  readonly has: string;
  /** Seconds that answers may be kept now; `undefined` where there are none. */
  readonly ttl: number | undefined;
  /** `taken`: the testers' name stands for something that is not Y. */
  readonly testers: 'open' | 'closed' | 'taken';
}

export interface ZoneChange {
  /** What the records are changed to. */
  readonly mark: Mark;
  /** Which records; the others stay as they are. The mark is written with them. */
  readonly of: 'weight' | 'testers';
}

/**
 * One name in one zone, at the server that the zone is changed at.
 *
 * Errors of all: `BalancerNotPrepared`, `BalancerUnreachable`, `BalancerRefused`, `BalancerNonsense`, `PlanInvalid`.
 */
export interface Zone<F extends Found> {
  read(): Promise<F>;
  /**
   * Makes all of a change at once, or nothing of it.
   *
   * @returns false if what was found is no longer there, so that nothing was changed
   */
  write(found: F, change: ZoneChange): Promise<boolean>;
  /** Refuses what the plan needs and the server does not have; returns what can be done without, for people. */
  prepared(found: F): Promise<string[]>;
  /** Whether the server can serve a weight at this moment. */
  canServe?(weight: number): Promise<void>;
}
