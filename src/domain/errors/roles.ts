import { defineErrors } from './catalogue.ts';

export const roleErrors = defineErrors({
  RoleOfYTaken: {
    retryable: false,
    what: "A role with the name that Y's own role in PostgreSQL would get is there already, and Crossfade did not make it.",
    means: 'It was left as it is; Y was not started.',
    todo: 'Rename or drop that role, or set `sessions.ownRoleForY: false` in the plan, then start again.',
  },
  RoleOfYRefused: {
    retryable: false,
    what: "Y's own role was made, and PostgreSQL (or a pooler before it) does not let it in as Kong's role.",
    means: 'Y was not started; X goes on serving.',
    todo: 'Let the role of the message in: a line for it in pg_hba.conf or in the users of the pooler, beside that of Kong, then `retry`. Or `abandon`, and start again with `sessions.ownRoleForY: false`.',
  },
  RoleOfYInUse: {
    retryable: true,
    what: "Y's own role was to be dropped, and somebody is still logged on by it.",
    means: 'It is not dropped under them; it is tried again. All traffic is on X, and nothing else waits for it.',
    todo: 'The message names the sessions. Where it is a node of Y that still runs, or that a supervisor started again: stop it. `accept` of `undo:dropRoleOfY` leaves the role behind.',
  },
  RoleOfXShared: {
    retryable: false,
    what: "X's role was to be locked out (`sessions.lockOutX`), and it also has sessions in other databases of the server.",
    means:
      '`finish` did not begin; whoever is in those databases was not cut off. X was started again, and all traffic is on X.',
    todo: 'Give X a role that nothing else uses, or start again with `sessions.lockOutX: false`.',
  },
  RoleOfXIsOurs: {
    retryable: false,
    what: "X's role was to be locked out (`sessions.lockOutX`), and it is the one by which Crossfade, or any superuser, gets in.",
    means: '`finish` did not begin, and nothing was locked. X was started again, and all traffic is on X.',
    todo: 'Give X or `database.admin` another role, or start again with `sessions.lockOutX: false`.',
  },
  MigratorRoleTaken: {
    retryable: false,
    what: 'A role with the name that the role of migrations would get is there already, and is not as Crossfade made it.',
    means: 'It was left as it is, and got no log-on. No migration ran by it.',
    todo: 'Look at who made or changed it; rename or drop it, then `retry`. Or leave `database.admin` out of the plan.',
  },
  XNotClean: {
    retryable: false,
    what: "After `up`, X's own `kong migrations` does not say any more that the database is in order.",
    means:
      'A node of X could refuse to start: the upgrade does not go on. X serves, and keeps its traffic or gets it back.',
    todo: 'Look at the migrations that the message names. Without a way to mend it for X: `abandon`, and compare the database with the backup.',
  },
});
