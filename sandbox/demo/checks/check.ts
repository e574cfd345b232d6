import type { HadCrash } from '../crashes.ts';
import type { Moment } from '../follow.ts';
import type { LoadResult } from '../load/index.ts';
import type { NodeStarts } from '../node-starts.ts';
import type { Scenario } from '../scenarios.ts';
import type { Demo } from '../set-up.ts';
import type { WritersResult } from '../writers/types.ts';

/** One thing that must be true when the demo has ended, and what was found. */
export interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly found: string;
}

/** What the checks look at. */
export interface Ended {
  readonly demo: Demo;
  readonly end: Moment;
  readonly temporalStatus: string;
  readonly load: LoadResult;
  readonly nodeStarts: ReturnType<NodeStarts['counts']>;
  readonly crashes: readonly HadCrash[];
  /** What came of the writers, where the scenario has any. */
  readonly writers?: WritersResult;
}

/** The side that serves in the end. */
export const servingSide = ({ demo }: Ended): 'x' | 'y' => (isCompleted(demo.scenario) ? 'y' : 'x');

/** With or without something that a person let go. */
export const isCompleted = ({ outcome }: Scenario): boolean => outcome.startsWith('completed');

/** A check that fails, rather than the demo, where reading the state back throws. */
export async function check(what: string, look: () => Promise<Omit<Check, 'what'>>): Promise<Check> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    return { what, holds: false, found: error instanceof Error ? error.message : String(error) };
  }
}
