import { defineErrors } from './catalogue.ts';

export const cliErrors = defineErrors({
  PlanUnreadable: {
    retryable: false,
    what: 'The file of the plan is not there, or is neither JSON nor YAML.',
    means: 'Nothing was started.',
    todo: 'Correct the path or the place in the file that the message names.',
  },
  DatabaseNotNamed: {
    retryable: false,
    what: 'Neither a plan nor the variables `PG…` say which database is meant, or one of them makes no sense.',
    means: 'Nothing was looked at, and nothing was changed.',
    todo: "Give the plan's file, or set `PGHOST`, `PGPORT`, `PGDATABASE`, `PGUSER`, `PGPASSWORD` and `PGSSLMODE` as for `psql`.",
  },
  TemporalUnreachable: {
    retryable: true,
    what: 'Temporal does not answer.',
    means: 'Nothing was sent. An upgrade that runs is not touched: it goes on as soon as its worker reaches Temporal.',
    todo: 'Look at address, namespace and TLS: they come from the variables `TEMPORAL_*` and the profile of the Temporal CLI.',
  },
  TemporalRefused: {
    retryable: false,
    what: 'Temporal answered, and refused the credentials or does not know the namespace.',
    means: 'Nothing was sent.',
    todo: 'Correct API key, certificate or namespace: they come from the variables `TEMPORAL_*` and the profile of the Temporal CLI.',
  },
  UpgradeRunning: {
    retryable: false,
    what: 'The cluster has an upgrade, a rollback or a restore that is not over.',
    means: 'Nothing was started: one at a time per cluster.',
    todo: 'Look at it with `crossfade status CLUSTER`; wait for its end, or `abort` it.',
  },
  NoUpgrade: {
    retryable: false,
    what: 'The cluster has no upgrade that Temporal knows of.',
    means: 'There is nothing to show, and nothing to send a message to.',
    todo: "Compare the name with `cluster` in the plan, and the namespace with the worker's. Ended upgrades are kept as long as the namespace keeps histories; their report is in S3.",
  },
  UpgradeEnded: {
    retryable: false,
    what: 'A message was sent to an upgrade that has ended.',
    means: 'It changed nothing.',
    todo: 'See how it ended: `crossfade status CLUSTER`.',
  },
  RestoreCutOff: {
    retryable: false,
    what: 'The workflow of a restore was terminated, has failed or timed out, before it had ended.',
    means:
      'Names of databases are swapped both or neither. Where they were not, the database `crossfade_restore_…` may have been left.',
    todo: 'Look at the databases of the server. Drop what was left of `crossfade_restore_…`, or keep it, and restore again (`crossfade restore`).',
  },
  UpgradeCutOff: {
    retryable: false,
    what: 'The workflow was terminated, has failed or timed out, before the upgrade had ended.',
    means:
      'Nothing is watched, and nothing was undone: traffic and nodes are as they were left, and the freeze may still be in force.',
    todo: 'Start `rollbackUpgrade` with the same plan, as JSON (`crossfade plan FILE --json`): it reads what is true, and undoes what was left. It refuses once `finish` has begun.',
  },
  NoWorkerAnswers: {
    retryable: true,
    what: 'Temporal is there, but no worker of Crossfade answered in time.',
    means:
      'The traffic stays where it is, and nothing is lost; the upgrade waits for a worker. A message may still be taken when one is back.',
    todo: 'Start a worker (`crossfade worker`), or look into the log of the one that runs.',
  },
});
