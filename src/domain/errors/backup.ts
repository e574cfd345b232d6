import { defineErrors } from './catalogue.ts';

export const backupErrors = defineErrors({
  BucketMissing: {
    retryable: false,
    what: 'The S3 server answers, and has no bucket of that name.',
    means: 'Nothing was stored; it is not tried again.',
    todo: 'Create the bucket, or correct `backup.s3` (bucket, region, endpoint, `pathStyle`), then `retry`.',
  },
  S3Refused: {
    retryable: false,
    what: 'The S3 server refused the credentials, or what was asked with them.',
    means: 'Nothing was stored; it is not tried again, since it would be refused again.',
    todo: "Correct access key, secret or the rights on the bucket. If it speaks of the time, set the clock of the worker's host. Then `retry`.",
  },
  S3Unreachable: {
    retryable: true,
    what: 'The S3 server does not answer, or failed while answering.',
    means: 'The step is tried again from its beginning; no half object is left under a valid name.',
    todo: 'Bring the S3 server back. If the endpoint in the plan is wrong, `abort` and start again with the right one.',
  },
  ObjectMissing: {
    retryable: false,
    what: 'An object of the backup is not in the bucket.',
    means: 'The backup is not complete and does not count.',
    todo: 'Find out who deletes objects there (a lifecycle rule?), then `retry` from `backup`.',
  },
  BackupDamaged: {
    retryable: false,
    what: 'An object of the backup was read back, and is not what was stored: size or SHA-256 differ, or it is no valid dump.',
    means: 'The backup does not count.',
    todo: '`retry` from `backup` makes a new one. If it happens again, do not trust that storage.',
  },
  CannotDecrypt: {
    retryable: false,
    what: 'An object of the backup is encrypted, and the identity in the plan does not open it (or there is none).',
    means: 'Nothing was read of it and nothing was changed.',
    todo: 'Refer to the identity of one of the recipients in `backup.encrypt.identity`, readable by the worker; then `retry`.',
  },
  BackupOfAnotherState: {
    retryable: false,
    what: "The dump holds another configuration than the upgrade's baseline.",
    means: 'The backup does not count: somebody changed the configuration in between.',
    todo: 'Look at the drift. `retry` from `backup` makes a new one of the configuration as it is now.',
  },
  DumpFailed: {
    retryable: true,
    what: '`pg_dump` failed.',
    means: 'Nothing was stored under the name of the dump. It is tried again.',
    todo: 'Read the text of `pg_dump` in the message; a missing right on a table is named there.',
  },
  RestoreFailed: {
    retryable: false,
    what: 'The dump could not be restored into a scratch database.',
    means: "The backup does not count. Kong's own database was not touched.",
    todo: 'Read the text of `pg_restore` in the message. An extension or a tablespace that the server lacks is named there.',
  },
  RestoreDiffers: {
    retryable: false,
    what: 'The dump was restored into a scratch database, and row counts or fingerprint are not those of the moment of the dump.',
    means: 'The backup does not count.',
    todo: '`retry` from `backup` makes a new one; if it differs again, do not upgrade before you know why.',
  },
  FilesMissing: {
    retryable: false,
    what: 'Files that the plan lists for the backup are not there, or cannot be read by the worker.',
    means: 'Nothing was stored of them.',
    todo: "Correct `backup.files`, or let the worker's user read them, on the host of Y's runner; then `retry`.",
  },
  DeckFailed: {
    retryable: true,
    what: '`deck` failed, or what it printed is no dump of a configuration.',
    means:
      'Nothing was stored of it. It is tried again: the Admin API or the database may only have been away for a moment.',
    todo: 'Read the text of `deck` in the message, correct `x.admin` or the command in the plan, then `retry`. Where decK is not used, set `backup.deck: false`.',
  },
  DeckHeader: {
    retryable: false,
    what: 'A header for the Admin API holds spaces, which can not be given to `deck` through its environment.',
    means: 'The header was not put on a command line, where everybody could read it. Nothing was dumped.',
    todo: 'Use a token header without spaces (`Kong-Admin-Token`), or set `backup.deck: false`.',
  },
});
