import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CrossfadeError } from '../../../domain/errors/index.ts';

const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOENT', 'ENOTDIR', 'EISDIR']);

/** Turns what the file system refuses beside the state file into an error that says so. */
export async function besideStateFile<T>(stateFile: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (cause instanceof CrossfadeError || code === undefined || !REFUSED.has(code)) throw cause;
    throw new CrossfadeError(
      'BalancerUnwritable',
      `${stateFile}, from which HAProxy loads its weights, can't be changed: ${message}.`,
      { cause },
    );
  }
}

/** `undefined` if there is no such file. */
export async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/**
 * The file has the old text or the new one whenever somebody looks, and the new one is on the disk before this returns. Only for who
 * holds the lock.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  // Always the same name: what a killed process leaves is taken by the next one.
  const next = `${file}.new`;
  await write(next, text);
  await rename(next, file);
  const folder = await open(dirname(file));
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function write(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
