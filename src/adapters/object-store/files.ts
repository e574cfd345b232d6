import { createReadStream } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** Files of this host that go into a backup. */
export interface BackupFiles {
  /** Error `FilesMissing` names every file that is not there or can't be read. */
  requireAll(paths: readonly string[]): Promise<void>;
  /** The content as a stream, and what is needed to put the file back: octal mode, numbers of owner and group, time. */
  open(path: string): Promise<{ details: Record<string, string>; content: AsyncIterable<Uint8Array> }>;
}

export const backupFiles: BackupFiles = {
  async requireAll(paths) {
    const faults = (await Promise.all(paths.map(faultOf))).filter((fault) => fault !== undefined);
    if (faults.length > 0) throw new CrossfadeError('FilesMissing', `Can't be backed up: ${faults.join(', ')}.`);
  },
  async open(path) {
    const { mode, uid, gid, mtime } = await stat(path);
    const details = {
      mode: (mode & 0o7777).toString(8),
      uid: String(uid),
      gid: String(gid),
      mtime: mtime.toISOString(),
    };
    return { details, content: createReadStream(path) };
  },
};

async function faultOf(path: string): Promise<string | undefined> {
  try {
    if (!(await stat(path)).isFile()) return `${path} (not a file)`;
    await access(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return `${path} (${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'not there' : (error as Error).message})`;
  }
}
