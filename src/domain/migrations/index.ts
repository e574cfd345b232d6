export { inheritedMigrations, leadsTo, type AbandonedUp } from './abandoned.ts';
export { afterFinish, afterUp, beforeFinish, beforeUp, describe, whatRan, type After, type Before } from './decide.ts';
export { failureOf, leftToAnother, type Failure, type Outcome } from './failure.ts';
export { whatIsExpected, whatWillHappen, type Forecast, type Step } from './forecast.ts';
export { hasBegun, inDoubt } from './in-doubt.ts';
export { describeHolder, olderThan, type LockHolder } from './lock-holders.ts';
export { differingSets, type NodeMigrations } from './plugin-sets.ts';
export { NOTHING_YET } from './known.ts';
export { listAgrees, migrationOfLine, parseList, parseStatus, type CommandText } from './read.ts';
export { contradictions, notRecorded, progressOf, type SchemaMeta, type Witnesses } from './schema-meta.ts';
export { whyNotAgain } from './repeatable.ts';
export {
  ACCEPTABLE_RISKS,
  isAcceptable,
  possibleRisks,
  rehearsalIsWaived,
  risksOf,
  unrehearsed,
  type PairFacts,
  type Risk,
  type RiskName,
} from './risks.ts';
