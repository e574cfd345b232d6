import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia, Plan } from '../../../domain/plan/index.ts';
import { replaceFile } from '../durably.ts';
import { nginxInclude, type NginxInclude, type Part } from './config.ts';
import { onDisk } from './disk.ts';
import { installationFor, type Installed } from './installation.ts';
import { currentLink, installedFile, lockFile, partFile } from './layout.ts';
import { withLock } from '../lock.ts';
import { checkReinstall } from './reinstall.ts';
import { makeFolder, writeState } from './state.ts';

/**
 * Writes what nginx includes into the plan's directory. nginx takes it in at its next reload, which is left to the user. What is
 * in force stays in force; the first time that is: everything on X. Error `DirectoryInUse` where that would mean something else
 * than before: other nodes, or steps without the weight in force.
 *
 * @returns the files, by the block of nginx's configuration that each belongs into
 */
export async function installNginx(
  entry: EntryVia<'nginx'>,
  { x, y, traffic }: Pick<Plan, 'x' | 'y' | 'traffic'>,
): Promise<NginxInclude> {
  const { directory } = entry;
  const weights = traffic.steps.map((step) => step.y);
  const installation = installationFor(entry, { x: x.nodes, y: y.nodes, weights });
  const { parts, fingerprint } = nginxInclude(directory, installation);
  const installed: Installed = { ...installation, fingerprint };
  await onDisk(directory, async () => {
    await makeFolder(directory);
    await withLock(lockFile(directory), async (stillMine) => {
      const before = await readInstalled(directory).catch(nothingReadable);
      await checkReinstall(directory, before, installation);
      for (const [part, text] of Object.entries(parts)) await replaceFile(partFile(directory, part as Part), text);
      await replaceFile(installedFile(directory), `${JSON.stringify(installed, null, 2)}\n`);
      if (!existsSync(currentLink(directory))) await writeState(directory, { weight: 0, out: [], epoch: 0 }, stillMine);
    });
  });
  return filesOf(directory, parts);
}

/** Where the parts are. */
export const filesOf = (directory: string, parts: NginxInclude): NginxInclude => ({
  http: partFile(directory, 'http'),
  server: partFile(directory, 'server'),
  location: partFile(directory, 'location'),
  ...(parts['location-grpc'] === undefined ? {} : { 'location-grpc': partFile(directory, 'location-grpc') }),
});

/** What the installer wrote down. Error `NotInstalled` when it never ran here. */
export async function readInstalled(directory: string): Promise<Installed> {
  const text = await readFile(installedFile(directory), 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'ENOENT') throw cause;
    throw new CrossfadeError('NotInstalled', `nginx has no include of Crossfade in ${directory}.`, { cause });
  });
  try {
    // An earlier version wrote neither of the two; such an include has to be made anew.
    const earlier = { scheme: 'http', fingerprint: '' } as const;
    const installed: Installed = { ...earlier, ...(JSON.parse(text) as Omit<Installed, keyof typeof earlier>) };
    const { weights, nodes } = installed;
    if (Array.isArray(weights) && Array.isArray(nodes.x) && Array.isArray(nodes.y)) return installed;
  } catch {
    // Told below, like any other content that is not ours.
  }
  throw new CrossfadeError('NotInstalled', `${installedFile(directory)} is damaged.`);
}

function nothingReadable(error: unknown): undefined {
  if (!(error instanceof CrossfadeError)) throw error;
}
