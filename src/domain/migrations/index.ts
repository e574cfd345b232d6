export { afterFinish, afterUp, beforeFinish, beforeUp, describe, whatRan, type After, type Before } from './decide.ts';
export { failureOf, type Failure } from './failure.ts';
export { differingSets, type NodeMigrations } from './plugin-sets.ts';
export { listAgrees, migrationOfLine, parseList, parseStatus, type CommandText } from './read.ts';
export { whyNotAgain } from './repeatable.ts';
