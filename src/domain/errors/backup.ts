import { defineErrors } from './catalogue.ts';

export const backupErrors = defineErrors({
  BucketMissing: {
    retryable: false,
    what: 'The S3 server answers, and has no bucket of that name.',
    means: 'Nothing was stored; it is not tried again.',
    todo: 'Create the bucket, or correct `backup.s3` (bucket, region, endpoint, `pathStyle`), then `retry` or start again.',
  },
  S3Credentials: {
    retryable: false,
    what: 'The S3 server does not accept the credentials: key or secret is wrong, or they have expired.',
    means: 'Nothing was stored; it is not tried again, since it would be refused again.',
    todo: "Correct `backup.s3.accessKeyId` and `secretAccessKey`; without them in the plan, renew what AWS tools find in the worker's environment. Then `retry` or start again.",
  },
  S3WrongRegion: {
    retryable: false,
    what: 'The bucket is not in the region of the plan.',
    means: 'Nothing was stored; it is not tried again.',
    todo: 'Correct `backup.s3.region`: the message names the right one where the server says it. Then start again.',
  },
  S3ClockSkew: {
    retryable: false,
    what: "The clocks of the worker's host and of the S3 server differ by more than the server takes, and correcting for it did not help.",
    means: 'Nothing was stored; it is not tried again, since clocks do not mend themselves.',
    todo: 'Set the clock of the host that is wrong (NTP), then `retry` or start again.',
  },
  S3EndpointWrong: {
    retryable: false,
    what: 'Under the address in the plan is no S3 server that can be talked to: the name is unknown, its certificate is not trusted, it speaks no TLS, or something else answers.',
    means: 'Nothing was stored; it is not tried again.',
    todo: "Correct `backup.s3.endpoint`. Where the unknown name begins with the bucket's, set `backup.s3.pathStyle: true`. For a certificate of your own, give the worker `NODE_EXTRA_CA_CERTS`. Then `retry` or start again.",
  },
  S3Full: {
    retryable: false,
    what: 'The S3 server has no space left, or the quota is used up.',
    means:
      'Nothing was stored, and the parts that were sent are removed. It is not tried again: that would only fill what space comes back.',
    todo: 'Make space or raise the quota, then `retry`.',
  },
  S3SettingIgnored: {
    retryable: false,
    what: 'The S3 server took an object, and read back it lacks the encryption, the lock or the tags of the plan.',
    means: 'The object was removed again, as far as the server lets it be; it does not count.',
    todo: 'Make the server support it (a key for encryption, a bucket with object lock), or take that setting out of `backup.s3`. Then start again.',
  },
  S3Refused: {
    retryable: false,
    what: 'The S3 server knows the credentials, and refused what was asked with them.',
    means: 'Nothing was stored; it is not tried again, since it would be refused again.',
    todo: 'Give the account the right that the message names (reading, writing and uploading in parts, for objects below the prefix), then `retry` or start again.',
  },
  S3Unreachable: {
    retryable: true,
    what: 'The S3 server does not answer, or failed while answering.',
    means: 'The step is tried again from its beginning; no half object is left under a valid name.',
    todo: 'Bring the S3 server back. If the endpoint in the plan is wrong, `abort` and start again with the right one.',
  },
  ObjectStoredMeanwhile: {
    retryable: true,
    what: 'An object was stored by somebody else while it was uploaded: by another attempt at the same, which was given up for dead and was not.',
    means: 'The object of the other one stays as it is. The step is tried again from its beginning.',
    todo: 'Nothing, unless it stays so: then look for a second worker on that host, or for somebody else who writes under the same prefix.',
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
  TableNotLeftOut: {
    retryable: false,
    what: "`backup.leaveOut` names a table that Kong's database does not have, or one that holds more than counters.",
    means: 'Nothing was dumped.',
    todo: 'Correct `backup.leaveOut` in the plan and start again.',
  },
  RestoreFailed: {
    retryable: false,
    what: 'The dump could not be restored into a scratch database.',
    means: "The backup does not count. Kong's own database was not touched.",
    todo: 'Read the text of `pg_restore` in the message. An extension, a tablespace or a locale that the server lacks is named there.',
  },
  RestoreInterrupted: {
    retryable: true,
    what: '`pg_restore` was ended by somebody, or lost PostgreSQL, before it was through.',
    means: 'It says nothing about the backup. It is tried again, into an empty database.',
    todo: 'Look at PostgreSQL, and at the memory of the host that restores. If somebody ended it on purpose, `abort`.',
  },
  RestoreDiffers: {
    retryable: false,
    what: 'The dump was restored into a scratch database, and row counts or fingerprint are not those of the moment of the dump.',
    means: 'The backup does not count.',
    todo: '`retry` from `backup` makes a new one; if it differs again, do not upgrade before you know why.',
  },
  DatabaseNameTaken: {
    retryable: false,
    what: 'A backup was to be restored into a new database, and there is one of that name already.',
    means: 'It was not touched, and nothing was restored.',
    todo: 'Find out whose it is. Rename or drop it, then try again.',
  },
  FilesMissing: {
    retryable: false,
    what: 'Files that the plan lists for the backup are not there, or cannot be read by the worker.',
    means: 'Nothing was stored of them.',
    todo: "Correct `backup.files`, or let the worker's user read them, on the host that the message names; then `retry`.",
  },
  FilesNotEncrypted: {
    retryable: false,
    what: 'Files that the plan lists for the backup hold secrets (a private key, a password, a licence), and the plan does not encrypt the backup.',
    means: 'Nothing was stored of them.',
    todo: 'Give `backup.encrypt.recipients` in the plan of a new upgrade, or leave these files out of `backup.files` and keep them elsewhere.',
  },
  FileChanged: {
    retryable: true,
    what: 'A file was changed or removed while it was being backed up.',
    means: 'Nothing was stored under the name of the archive. It is tried again.',
    todo: 'A file that is written all the time, such as a log, does not belong into `backup.files`. Else find out who writes it, then `retry`.',
  },
  KeyringRefused: {
    retryable: false,
    what: 'The Admin API does not let Crossfade see whether Kong has a keyring (Keyring and Data Encryption).',
    means: 'A backup without its keyring would be worthless, so there is none.',
    todo: 'Give `x.admin.headers` a token that may read `/` and `/keyring` and export it, then `retry`.',
  },
  KeyringNotExported: {
    retryable: false,
    what: 'Kong has a keyring and does not export it.',
    means: 'A backup without its keyring would be worthless, so there is none.',
    todo: "Set `keyring_public_key` and `keyring_private_key` on X's nodes (Kong wants both), readable by Kong's workers; reload them, then `retry`.",
  },
  KeyringNotEncrypted: {
    retryable: false,
    what: 'Kong has a keyring, and the plan does not encrypt the backup.',
    means: 'The keyring was not exported: keys are never stored as they are.',
    todo: 'Start an upgrade whose plan has `backup.encrypt.recipients`.',
  },
  DeckFailed: {
    retryable: true,
    what: '`deck` failed, or what it printed is no dump of a configuration.',
    means:
      'Nothing was stored of it. It is tried again: the Admin API or the database may only have been away for a moment.',
    todo: 'Read the text of `deck` in the message, correct `x.admin` or the command in the plan, then `retry`. Where decK is not used, set `backup.deck: false`.',
  },
  DeckUnusable: {
    retryable: false,
    what: 'The declarative dump can not be made like this: the command is not decK, it is too old for what the plan wants, or the Admin API refuses.',
    means: 'Nothing was dumped; it is not tried again, since it would end the same.',
    todo: 'Correct what the message names: `backup.deck.command`, the version of decK on the host that makes the backup, or the token in `x.admin.headers`. Then `retry`.',
  },
});
