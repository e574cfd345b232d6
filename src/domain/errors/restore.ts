import { defineErrors } from './catalogue.ts';

export const restoreErrors = defineErrors({
  RestoreRefused: {
    retryable: false,
    what: 'Something stands in the way of a restore: nodes of Kong that run or are connected, an upgrade, a missing right.',
    means:
      "Kong's database was not touched. Before the gate nothing was changed; after it the restored database waits beside the real one.",
    todo: 'Put right what the message names, one by one. When held, `retry`: the gate opens again with what is true then. Otherwise start again.',
  },
  BackupMissing: {
    retryable: false,
    what: 'The cluster has no backup of that name that is whole, or more than one whose name begins so.',
    means: 'Nothing was changed.',
    todo: 'Take a name from `crossfade backups`, or say `latest`.',
  },
  BackupOfAnother: {
    retryable: false,
    what: "The backup is of another cluster, or of another version of Kong than the plan's X.",
    means: 'Nothing was changed: X could not run on what the backup holds.',
    todo: 'Name a backup of this cluster, or give the plan whose X is the version that the backup was made of.',
  },
  NotCleanForX: {
    retryable: false,
    what: "X's own `kong migrations list` does not call the restored database clean.",
    means: "X could not start on it. Kong's database was not touched; the restored one is dropped.",
    todo: "Read what Kong said in the message. The plan's X must be the Kong, with the plugins, that the backup was made of.",
  },
  DatabaseInUse: {
    retryable: false,
    what: 'Somebody is connected to the database whose name is to be swapped.',
    means:
      'PostgreSQL renames no database that is in use: both databases have the names that they had. The restore is held.',
    todo: 'Stop who the message names (a node, a `psql`, a pooler), then `retry`; or `abandon`: then the restored database is dropped.',
  },
  NamesChanged: {
    retryable: false,
    what: 'The databases do not have the names that they should have before or after the swap.',
    means:
      'Somebody else renames, drops or creates databases. Nothing more was done; the message says which one has which name.',
    todo: 'Find out who did that, put the names right, then `retry` or `abandon`.',
  },
  FolderTaken: {
    retryable: false,
    what: 'Where the files of the backup are to go there is something already, or nothing can be written there.',
    means: 'Nothing is ever written over existing files. Nothing was changed there.',
    todo: 'Name another folder on that host, or move away what the message names.',
  },
  UnpackFailed: {
    retryable: false,
    what: 'The files of the backup could not be written into the folder: the disk is full, or a right is missing.',
    means: 'Nothing of them is left there. Where the names of the databases were swapped already, that stays as it is.',
    todo: 'Make room or give the right on that host, then `retry`; or `abandon` and unpack them later (`--only files`).',
  },
  ArchiveUnsafe: {
    retryable: false,
    what: 'An archive of the backup holds a path that leads out of the folder, or something that is neither file, directory nor link.',
    means: 'Crossfade makes no such archives: somebody else did. Nothing of it was kept.',
    todo: 'Do not trust that backup. Find out who writes into the bucket.',
  },
});
