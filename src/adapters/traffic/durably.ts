import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Written and on the disk before it returns. Balancers have users of their own: they must be able to read it, whatever the umask is. */
export async function writeSafely(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o644);
  try {
    await handle.writeFile(text);
    await handle.chmod(0o644);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The file has the old text or the new one whenever somebody looks, and the new one is on the disk before this returns. Only for who
 * holds the lock.
 */
export async function replaceFile(file: string, text: string): Promise<void> {
  // Always the same name: what a killed process leaves is taken by the next one.
  const next = `${file}.new`;
  await writeSafely(next, text);
  await rename(next, file);
  await syncFolder(dirname(file));
}

/** The names in it are on the disk before it returns. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
