import { createHash } from 'node:crypto';
import type { BackupRef, StoredObject } from '../../domain/backup.ts';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { DatabaseRef, S3Ref } from '../../domain/plan/index.ts';
import type { ObjectStore } from '../object-store/port.ts';
import { feed, ProgramFailed } from '../process/stream.ts';
import type { Secrets } from '../secrets.ts';
import { withConnection, type Connect } from './connect.ts';
import { serverMajor } from './dump.ts';
import { programEnvironment } from './program-environment.ts';
import { majorOf, type PostgresPrograms } from './programs.ts';
import { scratchName, type ScratchDatabases } from './scratch.ts';

export interface RestoreInput {
  readonly database: DatabaseRef;
  readonly s3: S3Ref;
  readonly backup: BackupRef;
  /** Part of the name of the scratch database: one word, such as `drill`. */
  readonly purpose: string;
  readonly signal: AbortSignal;
  /** Bytes of the dump read so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** Reads dumps back from S3. */
export interface DumpRestore {
  /**
   * Restores a backup's dump into a scratch database, without the guard and all else of Crossfade's, and returns how to reach it as
   * Kong's own role. Errors `DatabaseNotPermitted`, `BackupDamaged`, `RestoreFailed`: then no scratch database is left.
   */
  toScratch(input: RestoreInput): Promise<DatabaseRef>;
  /** Drops what `toScratch` made, or began. */
  dropScratch(database: DatabaseRef, backup: BackupRef, purpose: string): Promise<void>;
  /**
   * Reads an object to its end and compares size and SHA-256; a dump must also be one that `pg_restore` can list. Errors
   * `BackupDamaged`, `RestoreFailed`.
   * @param program what made the dump, as `pg_dump --version` said it
   */
  verify(s3: S3Ref, object: StoredObject, program: string, signal: AbortSignal): Promise<void>;
}

// As Kong's role, to whom everything belongs then; rights of other roles don't matter in a scratch database.
const ARGUMENTS = ['--no-password', '--exit-on-error', '--no-owner', '--no-privileges'];

export function createDumpRestore(deps: {
  connect: Connect;
  secrets: Secrets;
  programs: PostgresPrograms;
  store: ObjectStore;
  scratch: ScratchDatabases;
  path: string;
}): DumpRestore {
  const { connect, secrets, programs, store, scratch, path } = deps;

  /** Feeds the object to a program; damage is the better explanation for whatever the program then said. */
  async function feedObject(
    s3: S3Ref,
    object: StoredObject,
    argv: readonly string[],
    env: Record<string, string>,
    signal: AbortSignal,
    onBytes?: (bytes: number) => void,
  ): Promise<void> {
    const check = checksum(object, onBytes);
    try {
      await feed(argv, { env, signal }, await store.get(s3, object.key, signal), check.add);
    } catch (cause) {
      if (!(cause instanceof ProgramFailed)) throw cause;
      check.verify();
      throw new CrossfadeError('RestoreFailed', `The dump ${object.key} could not be read: ${cause.message}`, {
        cause,
      });
    }
    check.verify();
  }

  return {
    async toScratch({ database, s3, backup, purpose, signal, onBytes }) {
      const dump = backup.objects.find(({ kind }) => kind === 'database');
      if (dump === undefined)
        throw new CrossfadeError('ObjectMissing', `The backup ${backup.manifestKey} has no dump of the database.`);
      const { path: program } = await programs.find('pg_restore', await withConnection(connect(database), serverMajor));
      const target = await scratch.create(database, scratchName(purpose, backup));
      try {
        const argv = [program, ...ARGUMENTS, `--dbname=${target.name}`];
        await feedObject(s3, dump, argv, programEnvironment(secrets, target, path), signal, onBytes);
        // What a dump that was taken while frozen carries along: it does nothing in a copy, and has no business there.
        await withConnection(connect(target), (client) => client.query('DROP SCHEMA IF EXISTS crossfade CASCADE'));
        return target;
      } catch (error) {
        await scratch.drop(database, target.name).catch(() => undefined);
        throw error;
      }
    },

    dropScratch: (database, backup, purpose) => scratch.drop(database, scratchName(purpose, backup)),

    async verify(s3, object, program, signal) {
      if (object.kind === 'database') {
        const { path: restore } = await programs.find('pg_restore', majorOf(program));
        return feedObject(s3, object, [restore, '--list'], { PATH: path, LC_ALL: 'C' }, signal);
      }
      const check = checksum(object);
      for await (const chunk of await store.get(s3, object.key, signal)) check.add(chunk);
      check.verify();
    },
  };
}

function checksum({ key, size, sha256 }: StoredObject, onBytes?: (bytes: number) => void) {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    add(chunk: Uint8Array) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes?.(bytes);
    },
    verify() {
      const found = hash.copy().digest('hex');
      if (bytes === size && found === sha256) return;
      throw new CrossfadeError(
        'BackupDamaged',
        `The object ${key} was stored with ${size} bytes and SHA-256 ${sha256}, and now has ${bytes} bytes and ${found}.`,
      );
    },
  };
}
