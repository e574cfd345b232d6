import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the tools go that are not Debian packages: in the repository, ignored by git, deleted by `rm -r .sandbox`. */
export const TOOLS = fileURLToPath(new URL('../../.sandbox/tools', import.meta.url));

/** Fills a folder that appears only when it is complete, so that a killed installation leaves none that looks good. */
export async function fillFolder(path: string, fill: (dir: string) => Promise<void>): Promise<void> {
  const parent = dirname(path);
  mkdirSync(parent, { recursive: true });
  const unfinished = `.unfinished-${basename(path)}-`;
  for (const old of readdirSync(parent)) if (old.startsWith(unfinished)) rmSync(join(parent, old), { recursive: true });
  const dir = mkdtempSync(join(parent, unfinished));
  try {
    await fill(dir);
    // Whoever runs the sandbox may use it, not only who installed it.
    chmodSync(dir, 0o755);
    renameSync(dir, path);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
