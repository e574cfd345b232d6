import type { ErrorCode } from '../errors/index.ts';
import { lastLines } from '../last-lines.ts';
import type { CommandText } from './read.ts';

/** Why a step can't go on: a code of the catalogue, and a sentence for people. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
}

const ABORTED = 'aborted: another node is performing database changes';
const CANCELLED = 'canceling statement due to user request';

/** What a command printed, how it ended, and what was done to it meanwhile. */
export type Outcome = CommandText & {
  readonly timedOut?: boolean;
  /** A statement of it was cancelled because it waited for a lock while others queued behind it. */
  readonly cancelledForLock?: boolean;
};

// In order: the first that is found in what `kong` printed says what went wrong.
const TEXTS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/canceling statement due to lock timeout/, 'MigrationLockTimeout'],
  [/authentication exchange unsuccessful|password authentication failed|is not permitted to log in/, 'DatabaseRefused'],
  [/database "[^"]*" does not exist|role "[^"]*" does not exist/, 'DatabaseRefused'],
  [/permission denied|must be owner|read-only transaction/, 'MigrationNotPermitted'],
  [/connection refused|remaining connection slots|too many connections|host or service/, 'DatabaseUnreachable'],
  [/terminating connection|[:\]] closed\b|connection reset|database system is/, 'DatabaseUnreachable'],
  // Waited in vain for Kong's own lock.
  [/\[PostgreSQL error\] timeout/, 'MigrationAborted'],
  [/[Dd]atabase needs bootstrapping/, 'NeedsBootstrap'],
];

/** Kong left everything to another command that held its lock, with exit code 0. */
export const leftToAnother = ({ stdout, stderr }: CommandText): boolean => `${stdout}\n${stderr}`.includes(ABORTED);

/** What a command that did not reach its aim ran into; `fallback` when its text says nothing that is known. */
export function failureOf(command: string, outcome: Outcome, fallback: ErrorCode): Failure {
  const { exitCode, stdout, stderr, timedOut = false, cancelledForLock = false } = outcome;
  const text = `${stdout}\n${stderr}`;
  const how = timedOut
    ? 'did not end in time and was stopped'
    : exitCode === undefined
      ? 'was ended by a signal'
      : `ended with exit code ${exitCode}`;
  const message = `${command} ${how}${lastLines(text)}.`;
  if (leftToAnother(outcome)) return { code: 'MigrationAborted', message };
  if (cancelledForLock && text.includes(CANCELLED)) return { code: 'MigrationLockTimeout', message };
  return { code: TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? fallback, message };
}
