/** One entry of an archive. No entry is ever below a link: the links on the way to a file are entries of their own. */
export interface FoundEntry {
  /** Absolute. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Of a link: what it points to, relative to where it is, so that it leads into the archive wherever that is unpacked. */
  readonly to?: string;
  /** The plan names it; else it was found among what a node keeps for itself. */
  readonly named: boolean;
}

/** What a path or glob comes to nothing for, in words: `/etc/kong/no.conf (not there)`. */
type Fault = string;

export interface FoundFiles {
  /** By path, each once. */
  readonly entries: readonly FoundEntry[];
  /** Of what the plan names. */
  readonly missing: readonly Fault[];
  /** Of what a node keeps for itself. */
  readonly unreadable: readonly Fault[];
}

/** Files of this host that go into a backup. */
export interface BackupFiles {
  /**
   * What paths and globs of the plan stand for (of a folder everything below it; of a link the link, and what it points to), and what
   * nodes keep for themselves, by their prefix folders and settings files: whatever is there of it.
   */
  find(named: readonly string[], ofNodes: readonly string[]): Promise<FoundFiles>;
  /** What must not be stored of a file as it is, in words (see `secretIn`); reads it to its end. */
  secretOf(path: string, signal?: AbortSignal): Promise<string | undefined>;
  /**
   * A tar archive, with mode, owner, group and time. The stream throws `FileChanged` instead of ending when a file was changed or
   * removed while it was read.
   */
  archive(entries: readonly FoundEntry[]): AsyncIterable<Uint8Array>;
}
