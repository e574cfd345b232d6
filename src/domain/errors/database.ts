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
  DatabaseFull: {
    retryable: true,
    what: 'PostgreSQL has no free connection (`max_connections`, or the limit of the role or the database).',
    means: 'The step is tried again. Nodes of X and Y that need a new connection get errors meanwhile.',
    todo: 'End sessions that nobody needs, or raise the limit. Four nodes of several workers can use up 100 connections.',
  },
  NotKongDatabase: {
    retryable: false,
    what: "The database has no table `schema_meta`: it is not Kong's, or Kong was never set up in it.",
    means: 'Nothing was changed.',
    todo: 'Compare host and database name in the plan with those of the nodes of X.',
  },
  DatabaseNotPermitted: {
    retryable: false,
    what: 'The database user may not do what this step needs.',
    means: 'The step did nothing; it is not retried, since it would be refused again.',
    todo: 'Grant the right that the message names, or give an account that has it as `database.admin`, then `retry`.',
  },
  DatabaseReadOnly: {
    retryable: true,
    what: 'PostgreSQL takes no writes: it is a standby, or its transactions are read-only.',
    means: 'The step is tried again; it can work only on the primary.',
    todo: 'Fail over, or correct the address in the plan so that it is the primary.',
  },
  MigrationLockHeld: {
    retryable: true,
    what: "Somebody else changes or dumps Kong's database under Crossfade's advisory lock.",
    means: 'Nothing is begun beside it; the step is tried again until the lock is free.',
    todo: 'The message names the session. Another upgrade or a dump ends by itself; a session that was left behind can be ended in PostgreSQL.',
  },
});
