import { backupId, type BackupLabel, type BackupManifest } from '../backup.ts';

// What a restore finds out, small enough for a workflow's history: the manifest itself stays in S3.

/** A backup that was asked for. */
export interface BackupFacts {
  /** As people call it. */
  readonly id: string;
  readonly manifestKey: string;
  readonly label: BackupLabel;
  /** ISO 8601. */
  readonly takenAt: string;
  /** X's version then. */
  readonly kong: string;
  readonly objects: number;
  /** Of all objects, as they are stored. */
  readonly bytes: number;
  readonly encrypted: boolean;
  readonly database?: {
    readonly name: string;
    /** On the server's disk. */
    readonly bytes: number;
    readonly tables: number;
    readonly rows: number;
    /** Of the configuration. */
    readonly fingerprint: string;
    /** Migrations that `finish` had still to run. */
    readonly pending: number;
    readonly leftOut: readonly string[];
  };
  readonly workspaces: readonly string[];
  /** Whose static files it has. */
  readonly hosts: readonly string[];
  readonly keyring: boolean;
}

export function backupFacts(prefix: string, manifestKey: string, manifest: BackupManifest): BackupFacts {
  const { cluster, label, takenAt, versions, objects, database: dump } = manifest;
  const sources = (kind: string) => objects.filter((one) => one.kind === kind).map(({ source }) => source);
  return {
    ...{ id: backupId(prefix, cluster, manifestKey), manifestKey, label, takenAt, kong: versions['x'] ?? '?' },
    objects: objects.length,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    encrypted: objects.some(({ packing }) => packing.includes('age')),
    ...(dump === undefined
      ? {}
      : {
          database: {
            name: dump.database,
            bytes: dump.bytes,
            tables: Object.keys(dump.rows).length,
            rows: Object.values(dump.rows).reduce((sum, rows) => sum + rows, 0),
            fingerprint: dump.fingerprint,
            pending: dump.migrations.pending.length,
            leftOut: dump.leftOut,
          },
        }),
    ...{ workspaces: sources('deck'), hosts: sources('files'), keyring: sources('keyring').length > 0 },
  };
}

/** One table, by what is in it. */
export interface TableContent {
  readonly rows: number;
  /** Of all its rows, whatever their order. */
  readonly hash: string;
}

/** What two databases are compared by. */
export interface DatabaseContent {
  /** By `schema.table`. */
  readonly tables: Readonly<Record<string, TableContent>>;
  /** Everything else with a name: `function public.f(integer)`, and what is known of it. */
  readonly objects: Readonly<Record<string, string>>;
}

/** The first of many. */
export interface Some {
  readonly first: readonly string[];
  readonly count: number;
}

/** What is in the database now and not in the backup, or the other way round. */
export interface WrittenSince {
  /** The configuration is another one than that of the backup. */
  readonly configuration: boolean;
  /** Tables whose number of rows differs, those that differ most first; absent where there is no such table. */
  readonly tables: readonly { readonly table: string; readonly then?: number; readonly now?: number }[];
  /** How many tables differ in all. */
  readonly differ: number;
  /** Rows of now, in tables whose rows the plan left out of the backup, if there are any. */
  readonly leftOut?: readonly { readonly table: string; readonly now: number }[];
  /** Against the restored database itself; absent as long as there is none. */
  readonly compared?: {
    /** Tables with as many rows as in the backup, but other ones. */
    readonly content: Some;
    /** What else is not as in the backup, each in words. */
    readonly objects: Some;
  };
}

/** The server and its databases, before anything is done or just before the names are swapped. */
export interface RestoreLook {
  /** The database that is replaced; absent where there is none of that name any more. */
  readonly present?: {
    /** PostgreSQL's number of it, which a new name does not change. */
    readonly oid: number;
    /** Absent where the account may not ask. */
    readonly bytes?: number;
    /** Of its configuration and its rows: another one when somebody wrote to it. Always the same where it can't be read. */
    readonly mark: string;
    /** Absent where it can't be compared: why. */
    readonly written?: WrittenSince;
    readonly notCompared?: string;
  };
  /** Why the names can't be swapped as things are: sentences. */
  readonly obstacles: readonly string[];
  /** What people should know, and stops nothing: sentences. */
  readonly remarks: readonly string[];
}
