import { readFile } from 'node:fs/promises';
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
