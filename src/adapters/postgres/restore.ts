import { dumpIn, type BackupManifest, type DumpFacts, type StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { BackupObjects, BackupStore, ObjectProgress } from '../backup-objects/index.ts';
import { feed, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';
import { withConnection, type Connect } from './connect.ts';
import { asCreator, createForRestore, dropDatabase } from './new-database.ts';
import { createSuperuserExtensions, moveSuperuserExtensions } from './superuser-extensions.ts';
import { serverMajor } from './dump.ts';
import { programEnvironment } from './program-environment.ts';
import { majorOf, type PostgresPrograms } from './programs.ts';
import { likeBefore, rolesThere } from './like-before.ts';
import { scratchName, type ScratchDatabases } from './scratch.ts';

/** A scratch database: the same for every attempt. */
export interface Scratch {
  /** The server, how to log on there, and a database that is there. */
  readonly on: DatabaseRef;
  readonly manifestKey: string;
  /** Part of its name: one word, such as `drill`. */
  readonly purpose: string;
}

export interface NewDatabase {
  /** The server, how to log on there, and a database that is there. */
  readonly on: DatabaseRef;
  /** Of the database that is to be made. */
  readonly name: string;
  readonly manifestKey: string;
}

/** How far it is, and what stops it. */
export type RestoreOptions = ObjectProgress & { readonly signal: AbortSignal };

/** Reads dumps back from S3. */
export interface DumpRestore {
  /**
   * Restores a backup's dump into a scratch database, without the guard and all else of Crossfade's, gives it to `use` (as Kong's own
   * role reaches it, to whom everything in it belongs), and drops it whatever happens. Errors `DatabaseNotPermitted`, `BackupDamaged`,
   * `ObjectMissing`, `CannotDecrypt`, `RestoreFailed`, `RestoreInterrupted`, and those of `use`.
   */
  inScratch<T>(
    from: BackupStore,
    manifest: BackupManifest,
    scratch: Scratch,
    how: RestoreOptions,
    use: (copy: DatabaseRef) => Promise<T>,
  ): Promise<T>;
  /**
   * Restores a backup's dump into a new database that is to take the place of the real one: with its locale, its owners, the rights
   * and settings of roles that are still there, and statistics; without the guard and all else of Crossfade's. It replaces only
   * what an earlier attempt at the same has left under this name. Returns how to reach it, and in words what it lacks (a role that is
   * gone). Errors as of `inScratch`, and `DatabaseNameTaken`; then nothing of it is left.
   */
  intoNew(
    from: BackupStore,
    manifest: BackupManifest,
    target: NewDatabase,
    how: RestoreOptions,
  ): Promise<{ readonly database: DatabaseRef; readonly remarks: readonly string[] }>;
  /**
   * Reads a dump to its end, checks it, and has `pg_restore` list it. Errors `BackupDamaged`, `CannotDecrypt`, `RestoreFailed`.
   * @param program what made the dump, as `pg_dump --version` said it
   */
  list(from: BackupStore, dump: StoredObject, program: string, how: RestoreOptions): Promise<void>;
}

// Owners and rights are given by us: roles may be missing, and must not end it. What a dump that was taken while frozen carries along
// does nothing in a copy, and is removed afterwards.
const ARGUMENTS = ['--no-password', '--exit-on-error', '--no-owner', '--no-privileges'];

/** What libpq and the server say when a session ends or can't begin: nothing is wrong with the dump then. */
const SERVER_AWAY =
  /server closed the connection|no connection to the server|connection to server .* failed|terminating connection|database system is (starting|shutting|in recovery)/;

const withoutComments = ({ extensions = [] }: DumpFacts): string[] =>
  extensions.length === 0
    ? []
    : [`comments on tables and the like are missing, because of ${extensions.map(({ name }) => name).join(', ')}`];

interface Found {
  readonly dump: StoredObject;
  readonly facts: DumpFacts;
  /** Path of `pg_restore`. */
  readonly program: string;
}

export function createDumpRestore(deps: {
  connect: Connect;
  secrets: Secrets;
  programs: PostgresPrograms;
  objects: BackupObjects;
  scratch: ScratchDatabases;
  path: string;
}): DumpRestore {
  const { connect, secrets, programs, objects, scratch, path } = deps;

  async function feedDump(
    from: BackupStore,
    dump: StoredObject,
    argv: readonly string[],
    env: Record<string, string>,
    how: RestoreOptions,
  ): Promise<void> {
    try {
      await feed(argv, { env, signal: how.signal }, objects.read(from, dump, how));
    } catch (cause) {
      if (!(cause instanceof ProgramFailed)) throw cause;
      if (cause.killed || SERVER_AWAY.test(cause.message))
        throw new CrossfadeError('RestoreInterrupted', `${dump.key} was being read: ${cause.message}`, { cause });
      throw new CrossfadeError('RestoreFailed', `The dump ${dump.key} could not be read: ${cause.message}`, { cause });
    }
  }

  /** Into an empty database, as Kong's own role; everything in it belongs to that role, or to `role`, which it is a member of. */
  async function fill(
    from: BackupStore,
    { dump, facts, program }: Found,
    empty: DatabaseRef,
    how: RestoreOptions,
    role?: string,
  ): Promise<void> {
    const { extensions = [] } = facts;
    const who = empty.admin?.user ?? empty.user;
    if (extensions.length > 0)
      await asCreator(connect, empty, (client) => createSuperuserExtensions(client, extensions, who));
    // Only its owner may write a comment on an extension; PostgreSQL leaves out all comments or none.
    const silent = extensions.length > 0 ? ['--no-comments'] : [];
    const as = role === undefined || role === empty.user ? [] : [`--role=${role}`];
    const argv = [program, ...ARGUMENTS, ...silent, ...as, `--dbname=${empty.name}`];
    await feedDump(from, dump, argv, programEnvironment(secrets, empty, path), how);
    await withConnection(connect(empty), (client) => client.query('DROP SCHEMA IF EXISTS crossfade CASCADE'));
    if (extensions.length > 0) await asCreator(connect, empty, (client) => moveSuperuserExtensions(client, extensions));
  }

  /** The dump, and a program that can read it and talk to the server. */
  async function find(manifest: BackupManifest, on: DatabaseRef): Promise<Found> {
    const dump = dumpIn(manifest);
    const { database: facts } = manifest;
    if (dump === undefined || facts === undefined)
      throw new CrossfadeError('ObjectMissing', `The backup of ${manifest.takenAt} has no dump of the database.`);
    const server = await withConnection(connect(on), serverMajor);
    const { path: program } = await programs.find('pg_restore', Math.max(server, majorOf(facts.program)));
    return { dump, facts, program };
  }

  return {
    async inScratch(from, manifest, { on, manifestKey, purpose }, how, use) {
      const found = await find(manifest, on);
      return scratch.use(on, scratchName(purpose, manifestKey), found.facts.locale.encoding, async (copy) => {
        await fill(from, found, copy, how);
        return use(copy);
      });
    },

    async intoNew(from, manifest, { on, name, manifestKey }, how) {
      const found = await find(manifest, on);
      const { facts } = found;
      const database = { ...on, name };
      const owner = await asCreator(connect, on, async (client) => {
        const there = await rolesThere(client);
        const owner = there.has(facts.tablesOwner) ? facts.tablesOwner : on.user;
        const wanted = { name, owner, locale: facts.locale };
        await createForRestore(client, wanted, { manifestKey, who: on.admin?.user ?? on.user });
        return owner;
      });
      try {
        await fill(from, found, database, how, owner);
        // Without statistics Kong's first queries would be planned blindly.
        await withConnection(connect(database), (client) => client.query('ANALYZE'));
        const remarks = await asCreator(connect, on, (client) => likeBefore(client, facts, owner), name);
        return { database, remarks: [...remarks, ...withoutComments(facts)] };
      } catch (error) {
        await asCreator(connect, on, (client) => dropDatabase(client, name)).catch(() => undefined);
        throw error;
      }
    },

    async list(from, dump, program, how) {
      const { path: restore } = await programs.find('pg_restore', majorOf(program));
      await feedDump(from, dump, [restore, '--list'], { PATH: path, LC_ALL: 'C' }, how);
    },
  };
}
