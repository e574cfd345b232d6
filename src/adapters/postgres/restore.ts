import type { BackupManifest, StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef } from '../../domain/plan/index.ts';
import type { BackupObjects, BackupStore, ObjectProgress } from '../backup-objects/index.ts';
import { feed, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';
import { withConnection, type Connect } from './connect.ts';
import { serverMajor } from './dump.ts';
import { programEnvironment } from './program-environment.ts';
import { majorOf, type PostgresPrograms } from './programs.ts';
import { scratchName, type ScratchDatabases } from './scratch.ts';

/** A scratch database: the same for every attempt. */
export interface Scratch {
  /** The server, how to log on there, and a database that exists. */
  readonly on: DatabaseRef;
  readonly manifestKey: string;
  /** Part of its name: one word, such as `drill`. */
  readonly purpose: string;
}

/** Reads dumps back from S3. */
export interface DumpRestore {
  /**
   * Restores a backup's dump into a scratch database, without the guard and all else of Crossfade's, and returns how to reach it as
   * Kong's own role. Errors `DatabaseNotPermitted`, `BackupDamaged`, `RestoreFailed`: then no scratch database is left.
   */
  toScratch(
    from: BackupStore,
    manifest: BackupManifest,
    scratch: Scratch,
    how: ObjectProgress & { readonly signal: AbortSignal },
  ): Promise<DatabaseRef>;
  /** Drops what `toScratch` made, or began. */
  dropScratch(scratch: Scratch): Promise<void>;
  /**
   * Reads a dump to its end, checks it, and has `pg_restore` list it. Errors `BackupDamaged`, `RestoreFailed`.
   * @param program what made the dump, as `pg_dump --version` said it
   */
  list(from: BackupStore, dump: StoredObject, program: string, signal: AbortSignal): Promise<void>;
}

// As Kong's role, to whom everything belongs then; rights of other roles don't matter in a scratch database.
const ARGUMENTS = ['--no-password', '--exit-on-error', '--no-owner', '--no-privileges'];

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
    how: ObjectProgress & { readonly signal: AbortSignal },
  ): Promise<void> {
    try {
      await feed(argv, { env, signal: how.signal }, objects.read(from, dump, how), () => undefined);
    } catch (cause) {
      if (!(cause instanceof ProgramFailed)) throw cause;
      throw new CrossfadeError('RestoreFailed', `The dump ${dump.key} could not be read: ${cause.message}`, { cause });
    }
  }

  return {
    async toScratch(from, manifest, { on, manifestKey, purpose }, how) {
      const dump = manifest.objects.find(({ kind }) => kind === 'database');
      if (dump === undefined)
        throw new CrossfadeError('ObjectMissing', `The backup ${manifestKey} has no dump of the database.`);
      const { path: program } = await programs.find('pg_restore', await withConnection(connect(on), serverMajor));
      const target = await scratch.create(on, scratchName(purpose, manifestKey));
      try {
        const argv = [program, ...ARGUMENTS, `--dbname=${target.name}`];
        await feedDump(from, dump, argv, programEnvironment(secrets, target, path), how);
        // What a dump that was taken while frozen carries along: it does nothing in a copy, and has no business there.
        await withConnection(connect(target), (client) => client.query('DROP SCHEMA IF EXISTS crossfade CASCADE'));
        return target;
      } catch (error) {
        await scratch.drop(on, target.name).catch(() => undefined);
        throw error;
      }
    },

    dropScratch: ({ on, manifestKey, purpose }) => scratch.drop(on, scratchName(purpose, manifestKey)),

    async list(from, dump, program, signal) {
      const { path: restore } = await programs.find('pg_restore', majorOf(program));
      await feedDump(from, dump, [restore, '--list'], { PATH: path, LC_ALL: 'C' }, { signal });
    },
  };
}
