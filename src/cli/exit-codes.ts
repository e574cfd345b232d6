import type { ErrorCode } from '../domain/errors/index.ts';
import type { Outcome } from '../domain/names.ts';
import type { UpgradeStatus } from '../domain/status/index.ts';

/** What a script can tell by the exit code alone. */
export const EXIT = {
  fine: 0,
  error: 1,
  badUsage: 2,
  refused: 3,
  rolledBack: 4,
  held: 5,
  withFaults: 6,
  interrupted: 130,
} as const;

export const EXIT_HELP = `
Exit codes:
  0    done: the plan is valid, the message was accepted, the upgrade goes on or has completed, the freeze is lifted
       (or there was none)
  1    an error: Temporal, a worker or PostgreSQL does not answer, there is no such upgrade, a file can't be written,
       or the workflow was terminated, failed or timed out: nothing is watched, nothing was undone
  2    bad usage, or a plan with faults
  3    refused: the message, the start (another upgrade or restore runs), the whole upgrade or restore, or the thaw of another
       cluster
  4    the upgrade or restore was rolled back
  5    the upgrade is held: a person decides
  6    the upgrade ended, and somebody let something go (…-with-faults)
  130  interrupted

The connection to Temporal is that of the Temporal CLI: the variables TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
TEMPORAL_API_KEY, TEMPORAL_TLS_…, TEMPORAL_PROFILE and the file temporal.toml.`;

const OF_OUTCOME: Record<Outcome, number> = {
  completed: EXIT.fine,
  refused: EXIT.refused,
  'rolled-back': EXIT.rolledBack,
  'rolled-back-with-faults': EXIT.withFaults,
  'completed-with-faults': EXIT.withFaults,
};

export function exitCodeOf({ state, outcome }: Pick<UpgradeStatus, 'state' | 'outcome'>): number {
  if (outcome !== undefined) return OF_OUTCOME[outcome];
  return state === 'held' ? EXIT.held : EXIT.fine;
}

const OF_ERROR: Partial<Record<ErrorCode, number>> = {
  PlanInvalid: EXIT.badUsage,
  PlanUnreadable: EXIT.badUsage,
  DatabaseNotNamed: EXIT.badUsage,
  UpgradeRunning: EXIT.refused,
  UpgradeEnded: EXIT.refused,
  FrozenByAnother: EXIT.refused,
};

export const exitCodeOfError = (code: ErrorCode): number => OF_ERROR[code] ?? EXIT.error;
