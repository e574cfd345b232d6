import { defineErrors } from './catalogue.ts';

export const migrationErrors = defineErrors({
  NeedsBootstrap: {
    retryable: false,
    what: "Kong's command says that the database needs bootstrapping: it is empty, or it is not the one that X uses.",
    means: 'Nothing was changed.',
    todo: 'Compare host, database name and schema (`KONG_PG_SCHEMA`) with those of the nodes of X.',
  },
  PendingFromEarlierUpgrade: {
    retryable: false,
    what: 'The database holds migrations that an earlier upgrade has begun and not finished.',
    means: 'Nothing was changed. Kong refuses to begin an upgrade over an unfinished one.',
    todo: 'Find out which upgrade that was. Run `kong migrations finish` with the `kong` of its target version once no older node is left, then start again.',
  },
  MigrationAborted: {
    retryable: true,
    what: "Kong's command ended without doing anything because it saw another migration at work (its exit code is 0 all the same).",
    means: 'The state was read again and is unchanged; the command is tried again.',
    todo: 'If it goes on for minutes, look who runs `kong migrations`: the row in table `locks` expires by itself.',
  },
  MigrationBlocked: {
    retryable: true,
    what: "Transactions that are not ours hold locks on Kong's tables, or wait for strong ones, and did not end in time.",
    means:
      'The migration was not begun: it would wait for them, and the queries of every node would wait behind it. It is tried again.',
    todo: 'End the sessions that the message names (a forgotten `BEGIN`, a report, a dump), or wait for them; then it goes on by itself.',
  },
  MigrationLockTimeout: {
    retryable: true,
    what: 'A migration gave up waiting for a lock on a table, so that the queries of X do not queue behind it, again and again.',
    means:
      'PostgreSQL rolled the statement back. What was migrated before it stays recorded; X goes on serving. It is tried again.',
    todo: 'Look in `pg_stat_activity` and `pg_locks` who holds locks on the table for longer than a moment, and end or pause that.',
  },
  MigrationLockLost: {
    retryable: true,
    what: "The connection that held Crossfade's advisory lock for the migration was lost.",
    means:
      'A command that was at work was let to its end; nothing new is begun without the lock. It is tried again, under a new one.',
    todo: 'Look why PostgreSQL or the network ended the connection (a restart, a fail-over, a time-out for idle sessions).',
  },
  MigrationFailed: {
    retryable: true,
    what: "Kong's migration command failed, or it ended well and the state that was read afterwards is not the expected one.",
    means: 'X goes on serving. The command is tried again: what was done already is not done twice.',
    todo: 'Read the lines of `kong` in the message: a missing right and a read-only database are named there.',
  },
  MigrationNotPermitted: {
    retryable: false,
    what: 'PostgreSQL refused what a migration needs: the role may not write or does not own the tables, or the database is read-only.',
    means: 'Nothing was migrated beyond what the state in the message says. X goes on serving.',
    todo: "Run migrations as the owner of Kong's tables on a writable primary: correct `database.user` in the plan or the rights, then `retry`.",
  },
  UpNotDone: {
    retryable: false,
    what: '`finish` was asked for while migrations are new: `up` of this version has not run, or the command knows more plugins than it did at `up`.',
    means: '`finish` was not run.',
    todo: 'Compare `plugins` (`KONG_PLUGINS`) of the nodes with what they were at `up`, then `retry` from `migrate`.',
  },
  PluginSetDiffers: {
    retryable: false,
    what: 'The nodes of one side do not all load the same plugins: with the settings of one node, Kong sees migrations that it does not see with those of another.',
    means: '`up` ran with the settings of the first node. A node that knows more refuses to start; X goes on serving.',
    todo: 'Give every node of the side the same `plugins` (`KONG_PLUGINS`), in the plan or in its kong.conf, then `retry` from `migrate`.',
  },
  UpStuck: {
    retryable: false,
    what: '`up` was ended in the middle, and Kong refuses to go on with it: one part of Kong has both pending and new migrations.',
    means: 'X goes on serving: what `up` has done keeps it working. Y can not be started.',
    todo: 'Abandon, and let a person decide: restore the backup, or (with no need for X any more) run `finish`, then `up` and `finish` again.',
  },
  MigrationNotRepeatable: {
    retryable: false,
    what: 'A migration command of a version pair that must not be run twice ended in the middle.',
    means: 'It is not tried again: a second run would change rows that are already changed.',
    todo: 'Compare the database with the backup, or restore it; a person decides how to go on.',
  },
  MigrationsUnreadable: {
    retryable: true,
    what: "The state of the migrations could not be read with `kong migrations status` and `list`, or the two don't agree.",
    means: 'Nothing was changed; it is tried again.',
    todo: 'Read the lines of `kong` in the message.',
  },
  MigratorStillAtWork: {
    retryable: true,
    what: 'An earlier attempt of the migration still has a session in PostgreSQL.',
    means: 'Nothing is begun over it; it is tried again until that session is gone.',
    todo: 'A session that never ends waits for a lock: look at `pg_stat_activity` for what blocks it.',
  },
  NotSealed: {
    retryable: false,
    what: '`kong migrations finish` was asked for without the seal of this upgrade in the database.',
    means: 'It was not run: the point of no return is passed only after approval and guardrails.',
    todo: 'Nothing by hand. If the upgrade should be past that point, look at schema `crossfade` in the database.',
  },
});
