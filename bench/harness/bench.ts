import type { Print } from '../../sandbox/log.ts';
import type { Figure } from './figure.ts';

export interface BenchOptions {
  /** Fewer runs: to see that it works, not to quote. */
  readonly quick: boolean;
  /** For what is random. */
  readonly seed: number;
  readonly print: Print;
}

/** What a bench found out. */
export interface Measured {
  /** How it was measured, in a few sentences. */
  readonly method: string;
  readonly figures: readonly Figure[];
  /** The same of what a user would use instead, measured in turn with ours. */
  readonly against: readonly Figure[];
  /** What the figures come from, run by run. */
  readonly runs: readonly object[];
  /** What the comparison leaves out, or what fell short. */
  readonly notes?: readonly string[];
}

export interface Bench {
  /** One line for the list. */
  readonly about: string;
  run(options: BenchOptions): Promise<Measured>;
}
