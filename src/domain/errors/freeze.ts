import { defineErrors } from './catalogue.ts';

export const freezeErrors = defineErrors({
  NotQuiet: {
    retryable: false,
    what: 'Somebody kept writing configuration, so that no quiet moment for the freeze came in time.',
    means: 'Nothing was frozen, so that no bulk writer is cut in the middle.',
    todo: 'Stop the writer (the tables are named; an ingress controller, decK in a pipeline, a script), or name a command that stops it under `freeze.before`, then `retry`.',
  },
  FrozenByAnother: {
    retryable: false,
    what: 'The configuration in this database is frozen by another upgrade.',
    means: 'That freeze was left as it is, and this upgrade does not go on.',
    todo: 'Let that upgrade end. If nothing of it is left, roll it back (`rollbackUpgrade` with its cluster; without Temporal, `crossfade thaw`), then start again.',
  },
  GuardBusy: {
    retryable: true,
    what: 'A lock was held for so long that the guard could not be installed, or the freeze not be lifted.',
    means: 'It was tried for a while with short waits, so that nothing queued behind it. It is tried again.',
    todo: 'The message names who holds it. End the session that has been idle in a transaction, if it does not end by itself; roll back or commit a prepared transaction.',
  },
  GuardNotProved: {
    retryable: false,
    what: "The guard stands, but a write as Kong's own role was not refused on every configuration table.",
    means: 'The configuration does not count as frozen.',
    todo: "Look at the tables that are named: a disabled trigger, or `session_replication_role` set for Kong's role. Then `retry`.",
  },
  StillFrozen: {
    retryable: true,
    what: "A write as Kong's own role is still refused after the freeze was lifted.",
    means: 'Colleagues can not change the configuration yet. It is tried again.',
    todo: 'The message has the text of PostgreSQL. If it is a trigger or a right that Crossfade did not make, its owner removes it.',
  },
  NotFrozen: {
    retryable: false,
    what: 'The configuration is not frozen by this upgrade, though it should be at this point.',
    means: 'The step is not done: configuration may have been changed in between.',
    todo: 'Somebody has lifted the freeze. `abandon`, and start a new upgrade.',
  },
  BaselineMissing: {
    retryable: false,
    what: 'There is no fingerprint of this upgrade to compare the configuration with.',
    means: 'Nobody can say whether the configuration is still the one that was frozen.',
    todo: 'Somebody has removed it from schema `crossfade`. `abandon`, and start a new upgrade.',
  },
  SealedByAnother: {
    retryable: false,
    what: 'The seal of another upgrade, which passed the point of no return and has not ended, is in this database.',
    means: '`finish` of this upgrade does not begin.',
    todo: 'Bring that upgrade to its end (`retry`, or `abandon` with a reason), then `retry` this one.',
  },
  UserCommandFailed: {
    retryable: false,
    what: 'A command of the plan that stops or resumes updates failed.',
    means: 'The upgrade does not go on, for updates may still come.',
    todo: 'Run the command by hand on the host of the worker, repair it, then `retry`.',
  },
});
