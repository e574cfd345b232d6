import { upgradeFolder, type UpgradeRef } from './upgrade.ts';

export type BackupKind = 'database' | 'deck' | 'keyring' | 'files';

/** When it was taken: `before` anything is migrated, or just `before-finish`. */
export type BackupLabel = 'before' | 'before-finish';

/** What was done to the content on its way to S3, in this order: people undo it from the last to the first. */
export type Packing = 'zstd' | 'age';

/** One object in S3, read back after it was written. */
export interface StoredObject {
  readonly kind: BackupKind;
  readonly key: string;
  /** Bytes, as it is stored. */
  readonly size: number;
  /** Hexadecimal SHA-256, as it is stored. */
  readonly sha256: string;
  /** Bytes of the content, before it was packed. */
  readonly content: number;
  readonly packing: readonly Packing[];
  /** What it was made from: database name, workspace or host. */
  readonly source: string;
}

/** A backup, by reference: what it consists of stands in its manifest. */
export interface BackupRef {
  readonly label: BackupLabel;
  readonly bucket: string;
  readonly manifestKey: string;
  /** How many. */
  readonly objects: number;
  /** Of all objects. */
  readonly bytes: number;
  /** ISO 8601. */
  readonly takenAt: string;
  /** Every object was encrypted with age before it left the worker. */
  readonly encrypted: boolean;
  /** Sizes and checksums were read back, and the dump was listed unless `notListed` says why not. */
  readonly verified: boolean;
  /** Why the dump could not be listed: it is what was stored, and nobody has looked into it. */
  readonly notListed?: string;
  /** It was restored into a scratch database and row counts and fingerprint were equal. */
  readonly restored: boolean;
  /** Why it could not be restored for a test, where that is so: the proof is missing, not the backup. */
  readonly notRestored?: string;
}

/** How a database sorts and spells: fixed when it is created. */
export interface Locale {
  readonly encoding: string;
  readonly collate: string;
  readonly ctype: string;
  /** Where ICU sorts and not the C library. */
  readonly icu?: string;
}

/** `ALTER DATABASE … SET name = value`, or of one role in this database. As PostgreSQL keeps it: lists of names are quoted. */
export interface DatabaseSetting {
  readonly role?: string;
  readonly name: string;
  readonly value: string;
}

/** The rights on one thing of a database whose rights are not PostgreSQL's defaults. Its owner is not among those who have them. */
export interface RightsOn {
  /** `DATABASE`, or what it is and its quoted name: `TABLE public.services`, `SCHEMA reports`, `ROUTINE public.f(integer)`. */
  readonly on: string;
  readonly to: readonly {
    /** Without it: everybody (`PUBLIC`). */
    readonly role?: string;
    /** Such as `SELECT`. */
    readonly rights: readonly string[];
    /** They may give them to others (`WITH GRANT OPTION`). */
    readonly grantable: boolean;
  }[];
}

/** Something in a database that belongs to another role than Kong's tables do. */
export interface OwnedByOther {
  /** What it is and its quoted name, as `ALTER … OWNER TO` takes it: `VIEW reports.daily`, `ROUTINE public.f(integer)`. */
  readonly on: string;
  readonly owner: string;
  /** It runs with the rights of its owner (`SECURITY DEFINER`). */
  readonly definer?: true;
}

export interface DatabaseExtension {
  readonly name: string;
  /** That it is in. */
  readonly schema: string;
}

/** What was true of the database at the moment of its dump, in the dump's own snapshot. */
export interface DumpFacts {
  /** Name of the database. */
  readonly database: string;
  /** The role that owns the database. */
  readonly owner: string;
  /** The role that owns Kong's tables. */
  readonly tablesOwner: string;
  readonly locale: Locale;
  /** On the server's disk. */
  readonly bytes: number;
  /** By Kong's own record: `<subsystem>/<migration>`. */
  readonly migrations: { readonly executed: readonly string[]; readonly pending: readonly string[] };
  /** Those of Crossfade's own roles left out. */
  readonly settings: readonly DatabaseSetting[];
  /** Schema `crossfade`, Crossfade's own roles and what belongs to extensions left out; rights on single columns are not read. */
  readonly rights: readonly RightsOn[];
  /** Schemas, tables and the like, types, routines and large objects; not those of extensions. */
  readonly owners?: readonly OwnedByOther[];
  /** How many sessions may be in it (`CONNECTION LIMIT`); absent where as many as the server takes. */
  readonly connectionLimit?: number;
  /** `COMMENT ON DATABASE`. */
  readonly comment?: string;
  /** Those that the owner of a database may not create. */
  readonly extensions?: readonly DatabaseExtension[];
  /** Version of the server, as it says it. */
  readonly server: string;
  /** What `pg_dump --version` said. */
  readonly program: string;
  /** Of the configuration. */
  readonly fingerprint: string;
  /** Number of rows by `schema.table`, of all tables but Crossfade's own; 0 for those in `leftOut`. */
  readonly rows: Readonly<Record<string, number>>;
  /** Tables, as `schema.table`, whose rows the plan leaves out. */
  readonly leftOut: readonly string[];
  /** ISO 8601, by the database's clock. */
  readonly takenAt: string;
}

/** Describes a backup completely; stored beside its objects, after everything was read back. */
export interface BackupManifest {
  readonly format: 1;
  readonly cluster: string;
  readonly workflowId: string;
  readonly runId: string;
  readonly label: BackupLabel;
  /** ISO 8601. */
  readonly startedAt: string;
  /** ISO 8601: when the manifest was written. */
  readonly takenAt: string;
  /** By name: `x` and `y` (Kong's), `crossfade`, `deck`. PostgreSQL's are in `database`. */
  readonly versions: Readonly<Record<string, string>>;
  /** Recipients of age, where the objects are encrypted. */
  readonly recipients?: readonly string[];
  readonly objects: readonly StoredObject[];
  readonly database?: DumpFacts;
  /** As in {@link BackupRef}. */
  readonly notListed?: string;
}

/** Why an object can only be read as it is stored; `undefined` when it can be opened. */
export const whyNotOpened = ({ packing }: StoredObject, identity: unknown): string | undefined =>
  packing.includes('age') && identity === undefined
    ? 'it is encrypted with age, and the plan has no `backup.encrypt.identity`'
    : undefined;

/** The dump of the database, where the backup has one. */
export const dumpIn = ({ objects }: Pick<BackupManifest, 'objects'>): StoredObject | undefined =>
  objects.find(({ kind }) => kind === 'database');

/** The folder of a cluster's backups, and of everything else that is kept of it. Ends in `/`. */
export const clusterFolder = (prefix: string, cluster: string): string => `${join(prefix, cluster)}/`;

/** Keys of a backup's objects, without the endings of their packing: the same for every attempt. */
export function backupKeys(prefix: string, upgrade: UpgradeRef, label: BackupLabel) {
  const folder = join(prefix, upgradeFolder(upgrade), label);
  return {
    folder: `${folder}/`,
    dump: `${folder}/database.dump`,
    /** {@link DumpFacts}, from the dump to the manifest. */
    facts: `${folder}/database.json`,
    deck: (workspace: string) => `${folder}/deck/${encodeURIComponent(workspace)}.yaml`,
    keyring: `${folder}/keyring.json`,
    files: (host: string) => `${folder}/files/${encodeURIComponent(host)}.tar`,
    manifest: `${folder}/manifest.json`,
    /** That it was restored for a test. */
    drill: `${folder}/drill.json`,
  };
}

/** What people call a backup: `<upgrade folder>/<label>`, below the cluster's folder. */
export const backupId = (prefix: string, cluster: string, manifestKey: string): string =>
  manifestKey.slice(clusterFolder(prefix, cluster).length).replace(/\/manifest\.json$/, '');

const join = (...parts: readonly string[]): string =>
  parts
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/');
