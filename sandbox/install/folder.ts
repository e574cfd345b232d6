import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the tools go that are not Debian packages: in the repository, ignored by git, deleted by `rm -r .sandbox`. */
export const TOOLS = fileURLToPath(new URL('../../.sandbox/tools', import.meta.url));

/** Fills a folder that appears only when it is complete, so that a killed installation leaves none that looks good. */
export async function fillFolder(path: string, fill: (dir: string) => Promise<void>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  removeUnfinished(path);
  const dir = mkdtempSync(unfinished(path));
  try {
    await fill(dir);
    // Whoever runs the sandbox may use it, not only who installed it.
    chmodSync(dir, 0o755);
    renameSync(dir, path);
  } finally {
    removeUnfinished(path);
  }
}

const unfinished = (path: string) => join(dirname(path), `.unfinished-${basename(path)}-`);

/** Removes what this attempt left, and what the installer of a killed one may have gone on to write. */
function removeUnfinished(path: string): void {
  const prefix = basename(unfinished(path));
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
}
