import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endRecorded } from './processes.ts';

/** Says that a folder is the sandbox's, and so may be deleted with everything in it. */
const MARK = '.crossfade-sandbox';

/**
 * Makes `dir` an empty folder of the sandbox. Whatever an earlier run left there is ended and deleted first.
 * A folder that holds anything else is refused: it is never deleted.
 */
export async function makeFolder(dir: string): Promise<void> {
  await removeFolder(dir);
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, MARK),
    'This folder belongs to the Crossfade sandbox, which deletes it when it starts again.\n',
  );
}

/** Ends what still runs out of the sandbox folder `dir` and deletes the folder. Returns the names of what it ended. */
export async function removeFolder(dir: string): Promise<string[]> {
  if (!existsSync(dir)) return [];
  if (!existsSync(join(dir, MARK)) && readdirSync(dir).length > 0) {
    throw new Error(
      `${dir} is not a folder of the sandbox (it has no ${MARK}) and is not empty, so it is left alone. Give another folder.`,
    );
  }
  const ended = await endRecorded(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  return ended;
}
