import { lstat, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { untar, within, writeNew } from './untar.ts';

/** Folders that restores make on this host: each appears whole or not at all, and never over something. */
export interface NewFolders {
  /** Error `FolderTaken`: something is there that this run did not make, or nothing can be made there. */
  require(folder: string, run: string): Promise<void>;
  /**
   * Makes it by `fill`, unless this run has done so before. Returns how many files are in it. Errors `FolderTaken`, `UnpackFailed`,
   * and those of `fill`: then nothing of it is left.
   */
  make(folder: string, run: string, fill: (to: FolderWriter) => Promise<void>): Promise<number>;
  /** Removes what an attempt has left half-done. */
  tidyUp(folder: string, run: string): Promise<void>;
}

/** Paths are relative to the folder. Error `ArchiveUnsafe` for one that leads out of it. */
export interface FolderWriter {
  /** One file, readable by its owner only. */
  file(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
  /** What is in a tar archive. */
  archive(path: string, content: AsyncIterable<Uint8Array>): Promise<void>;
}

/** In a folder that is whole: by which run it was made, and how many files there are. */
const markOf = (run: string): string => `.crossfade-${run}`;
/** Beside its place, so that a rename brings it there. */
const unfinished = (folder: string, run: string): string => `${folder}.unfinished-${run}`;

export const newFolders: NewFolders = {
  async require(folder, run) {
    if ((await isThere(folder)) && !(await isThere(join(folder, markOf(run)))))
      throw new CrossfadeError('FolderTaken', `${folder} is there already.`);
    let above = dirname(folder);
    while (!(await isThere(above))) above = dirname(above);
    try {
      await rmdir(await mkdtemp(join(above, '.crossfade-')));
    } catch (cause) {
      const message = `Nothing can be made in ${above}: ${(cause as Error).message}.`;
      throw new CrossfadeError('FolderTaken', message, { cause });
    }
  },

  async make(folder, run, fill) {
    await newFolders.require(folder, run);
    const made = await readFile(join(folder, markOf(run)), 'utf8').catch(() => undefined);
    if (made !== undefined) return Number(made);
    const part = unfinished(folder, run);
    let files = 0;
    try {
      await rm(part, { recursive: true, force: true });
      await mkdir(part, { recursive: true, mode: 0o700 });
      await fill({
        async file(path, content) {
          await writeNew(within(part, path), content);
          files += 1;
        },
        archive: async (path, content) => void (files += await untar(content, within(part, path))),
      });
      await writeFile(join(part, markOf(run)), `${files}\n`, { mode: 0o600 });
      await rename(part, folder);
      return files;
    } catch (cause) {
      await rm(part, { recursive: true, force: true }).catch(() => undefined);
      throw failureOf(cause, folder);
    }
  },

  tidyUp: (folder, run) => rm(unfinished(folder, run), { recursive: true, force: true }),
};

/** What the file system says becomes words; anything else is as it was. */
function failureOf(cause: unknown, folder: string): unknown {
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (cause instanceof CrossfadeError || !/^E[A-Z]+$/.test(code)) return cause;
  return new CrossfadeError('UnpackFailed', `The files could not be written below ${folder}: ${message}.`, { cause });
}

const isThere = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );
