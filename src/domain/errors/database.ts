import { defineErrors } from './catalogue.ts';

export const databaseErrors = defineErrors({
  DatabaseRefused: {
    retryable: false,
    what: 'PostgreSQL answered, and refused the user, the password or the database name.',
    means: 'The step did nothing; it is not retried, since the same credentials would be refused again.',
    todo: 'Correct user, password or database (the secret in the environment of the worker, or the plan), then `retry` or start again.',
  },
  DatabaseUnreachable: {
    retryable: true,
    what: 'PostgreSQL does not answer.',
    means:
      'The step is tried again until the database is back; traffic stays where it is, for both clusters use this database.',
    todo: 'Bring the database back. If the address in the plan is wrong, `abort` and start again with the right one.',
  },
});
