import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** Files of this host that go into a backup. */
export interface BackupFiles {
  /** Error `FilesMissing` names every file that is not there or can't be read. */
  requireAll(paths: readonly string[]): Promise<void>;
  /** All of them in one tar archive, with mode, owner, group and time. */
  archive(paths: readonly string[]): AsyncIterable<Uint8Array>;
}

export const backupFiles: BackupFiles = {
  async requireAll(paths) {
    const faults = (await Promise.all(paths.map(faultOf))).filter((fault) => fault !== undefined);
    if (faults.length > 0) throw new CrossfadeError('FilesMissing', `Can't be backed up: ${faults.join(', ')}.`);
  },
  archive(paths) {
    const archive = pack();
    void addAll(archive, paths);
    return archive as AsyncIterable<Uint8Array>;
  },
};

async function addAll(archive: Pack, paths: readonly string[]): Promise<void> {
  try {
    for (const path of paths) {
      const { mode, uid, gid, mtime, size } = await stat(path);
      const entry = archive.entry({ name: path.replace(/^\/+/, ''), mode: mode & 0o7777, uid, gid, mtime, size });
      await pipeline(createReadStream(path), entry);
    }
    archive.finalize();
  } catch (error) {
    archive.destroy(error as Error);
  }
}

async function faultOf(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return `${path} (not a file)`;
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return `${path} (${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not there' : (error as Error).message})`;
  }
}
