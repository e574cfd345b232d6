import { defineErrors } from './catalogue.ts';

export const preflightErrors = defineErrors({
  RehearsalFailed: {
    retryable: false,
    what: 'The rehearsal of `finish` on a copy of the database failed: in the command, at the start of a node of Y on it, or in the tests.',
    means: '`finish` is not run on the real database. All traffic goes back to X, and the upgrade is held.',
    todo: 'Read what failed. It would have happened on the real database at the next restart of Y. Mend the configuration, or abandon.',
  },
});
