import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { CrossfadeError } from '../../../domain/errors/index.ts';
import type { EntryVia } from '../../../domain/plan/index.ts';
import { askNginx } from './check.ts';
import { onDisk } from './disk.ts';
import { readInstalled } from './install.ts';
import { lockFile } from './layout.ts';
import { changedSince, configOnDisk } from './loaded.ts';
import { withLock } from '../lock.ts';
import { settledSide } from './plain.ts';
import { nginxOn } from './running.ts';
import { readState } from './state.ts';

type Entry = Pick<EntryVia<'nginx'>, 'directory' | 'check'>;

/**
 * Removes the directory, by one rename, once nginx does without it: neither what it has loaded nor its configuration on the disk includes
 * a file of it. Removed sooner, a running nginx would send everything to X, which may be gone, and the next start would fail.
 *
 * Error `NotRemovable` where an upgrade is under way, nginx still needs it, or that can't be known.
 */
export async function removeNginx(entry: Entry): Promise<void> {
  const { directory } = entry;
  await onDisk(directory, async () => {
    const installed = await readInstalled(directory);
    await withLock(lockFile(directory), async (stillMine) => {
      settledSide(directory, await readState(directory, installed));
      await proveUnloaded(entry, installed.fingerprint);
      const aside = `${directory}.removed-${randomUUID()}`;
      await stillMine();
      await rename(directory, aside);
      await rm(aside, { recursive: true });
    });
  });
}

async function proveUnloaded(entry: Entry, fingerprint: string): Promise<void> {
  const { directory, check = 'http://127.0.0.1' } = entry;
  await proveNotAnswering(entry, fingerprint);
  const { port, protocol } = new URL(check);
  const nginx = await nginxOn(Number(port || (protocol === 'https:' ? 443 : 80)));
  if (nginx === undefined)
    throw unknown(directory, `no nginx that this user may look at listens at ${check} on this host (is it root?)`);
  const { text, paths } = await configOnDisk(nginx).catch((cause: unknown) => {
    throw unknown(directory, `\`${nginx.program} -T\` failed: ${(cause as Error).message.trim()}`);
  });
  if (text.includes(`${directory}/`))
    throw new CrossfadeError(
      'NotRemovable',
      `nginx's configuration still includes files of ${directory} (\`nginx -T\` shows where).`,
    );
  const loaded = Math.min(...nginx.workersSince);
  const changed = nginx.workersSince.length === 0 ? paths[0] : await changedSince(paths, loaded);
  if (changed !== undefined)
    throw new CrossfadeError(
      'NotRemovable',
      `nginx has not loaded its configuration as it is now: ${changed} is newer than its workers. It needs a reload first.`,
    );
}

/** The server that `check` names does not answer as one with the include in it any more. */
async function proveNotAnswering(entry: Entry, fingerprint: string): Promise<void> {
  const { directory } = entry;
  try {
    await askNginx(entry, fingerprint);
  } catch (error) {
    if (error instanceof CrossfadeError && error.code === 'NotInstalled') return;
    throw unknown(directory, (error as Error).message);
  }
  throw new CrossfadeError('NotRemovable', `nginx still goes by what is in ${directory}.`);
}

const unknown = (directory: string, why: string) =>
  new CrossfadeError(
    'NotRemovable',
    `Whether nginx still needs ${directory} can't be known: ${why.replace(/\.$/, '')}.`,
  );
