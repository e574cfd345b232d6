import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the tools go that are not Debian packages: in the repository, ignored by git, deleted by `rm -r .sandbox`. */
export const TOOLS = fileURLToPath(new URL('../../.sandbox/tools', import.meta.url));

/** Fills a folder of {@link TOOLS} that appears only when it is complete, so that a killed installation leaves none. */
export async function fillFolder(name: string, fill: (dir: string) => Promise<void>): Promise<void> {
  mkdirSync(TOOLS, { recursive: true });
  const unfinished = `.unfinished-${name}-`;
  for (const old of readdirSync(TOOLS)) if (old.startsWith(unfinished)) rmSync(join(TOOLS, old), { recursive: true });
  const dir = mkdtempSync(join(TOOLS, unfinished));
  try {
    await fill(dir);
    mkdirSync(dirname(join(TOOLS, name)), { recursive: true });
    renameSync(dir, join(TOOLS, name));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
