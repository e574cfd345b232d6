import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia, Plan } from '../../../domain/plan/index.ts';
import { installationFor, nginxInclude, type Installation } from './config.ts';
import { onDisk } from './disk.ts';
import { currentLink, httpFile, installedFile, locationFile, lockFile, serverFile } from './layout.ts';
import { withLock } from '../lock.ts';
import { checkReinstall } from './reinstall.ts';
import { makeFolder, writeSafely, writeState } from './state.ts';

/**
 * Writes what nginx includes into the plan's directory. nginx takes it in at its next reload, which is left to the user. What is
 * in force stays in force; the first time that is: everything on X. Error `DirectoryInUse` where that would mean something else
 * than before: other nodes, or steps without the weight in force.
 *
 * @returns the files, by the block of nginx's configuration that each belongs into
 */
export async function installNginx(
  entry: EntryVia<'nginx'>,
  plan: Pick<Plan, 'x' | 'y' | 'traffic'>,
): Promise<Record<'http' | 'server' | 'location', string>> {
  const { directory } = entry;
  const what = { x: plan.x.nodes, y: plan.y.nodes, weights: plan.traffic.steps.map((step) => step.y) };
  const include = nginxInclude(entry, what);
  const installation = installationFor(what);
  const files = { http: httpFile(directory), server: serverFile(directory), location: locationFile(directory) };
  await onDisk(directory, async () => {
    await makeFolder(directory);
    await withLock(lockFile(directory), async () => {
      const before = await readInstalled(directory).catch(nothingReadable);
      await checkReinstall(directory, before, installation);
      for (const part of ['http', 'server', 'location'] as const) await replace(files[part], include[part]);
      await replace(installedFile(directory), `${JSON.stringify(installation, null, 2)}\n`);
      if (!existsSync(currentLink(directory))) await writeState(directory, { weight: 0, out: [], epoch: 0 });
    });
  });
  return files;
}

/** What the installer wrote down. Error `NotInstalled` when it never ran here. */
export async function readInstalled(directory: string): Promise<Installation> {
  const text = await readFile(installedFile(directory), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new CrossfadeError('NotInstalled', `nginx has no include of Crossfade in ${directory}.`, { cause });
  });
  try {
    const { weights, nodes } = JSON.parse(text) as Installation;
    if (Array.isArray(weights) && Array.isArray(nodes.x) && Array.isArray(nodes.y)) return { weights, nodes };
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw new CrossfadeError('NotInstalled', `${installedFile(directory)} is damaged.`);
}

function nothingReadable(error: unknown): undefined {
  if (!(error instanceof CrossfadeError)) throw error;
}

async function replace(file: string, text: string): Promise<void> {
  await writeSafely(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
