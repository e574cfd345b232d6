import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { orUnwritable } from '../unwritable.ts';

/** Turns what the file system refuses beside the state file into an error that says so. A missing folder is refused too. */
export const besideStateFile = <T>(stateFile: string, work: () => Promise<T>): Promise<T> =>
  orUnwritable(`${stateFile}, from which HAProxy loads its weights,`, work, ['ENOENT']);

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
