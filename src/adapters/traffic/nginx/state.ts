import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, readFile, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { TrafficState } from '../../../domain/traffic/state.ts';
import { syncFolder, writeSafely } from '../durably.ts';
import type { StillMine } from '../lock.ts';
import type { Installation } from './installation.ts';
import { currentLink, outMarker, RECORD, statesFolder, TESTERS_MARKER, weightMarker } from './layout.ts';

/** Milliseconds; a lock file in the making is there for one. */
const ABANDONED = 60_000;

/**
 * What nginx does now. Weight, testers and nodes out are read from the marker files, as nginx reads them; whose change it was, from
 * the file beside them.
 */
export async function readState(
  directory: string,
  installed: Pick<Installation, 'weights' | 'nodes' | 'testers'>,
): Promise<TrafficState> {
  const link = currentLink(directory);
  const markers = new Set(await readdir(link).catch(nothingThere([])));
  const target = await readlink(link).catch(nothingThere(''));
  const nodes = [...installed.nodes.x, ...installed.nodes.y];
  return {
    // Of several, nginx obeys the last one that its configuration asks for.
    weight: installed.weights.findLast((weight) => markers.has(weightMarker(weight))) ?? 0,
    out: nodes.map(({ name }) => name).filter((name) => markers.has(outMarker(name))),
    ...(await readAuthor(join(link, RECORD), target)),
    ...(installed.testers === undefined ? {} : { testers: markers.has(TESTERS_MARKER) }),
  };
}

/** The name of the directory has the epoch too, so that a damaged file does not open the door to an old worker. */
async function readAuthor(file: string, target: string): Promise<{ epoch: number; by?: string }> {
  const fromName = Number(/^(\d+)-/.exec(basename(target))?.[1] ?? 0);
  try {
    const { epoch, by } = JSON.parse(await readFile(file, 'utf8')) as Partial<TrafficState>;
    if (typeof epoch !== 'number') return { epoch: fromName };
    return { epoch: Math.max(epoch, fromName), ...(typeof by === 'string' ? { by } : {}) };
  } catch {
    return { epoch: fromName };
  }
}

/**
 * Puts a state in force by one rename: every request before it sees the old state whole, every request after it the new
 * one. Whatever a crash leaves behind is not in force, and is removed by the next change.
 */
export async function writeState(directory: string, state: TrafficState, stillMine: StillMine): Promise<void> {
  const states = statesFolder(directory);
  const name = `${state.epoch}-${randomBytes(4).toString('hex')}`;
  const folder = join(states, name);
  await makeFolder(states);
  await makeFolder(folder);
  const markers = [
    ...(state.weight === 0 ? [] : [weightMarker(state.weight)]),
    ...(state.testers === true ? [TESTERS_MARKER] : []),
    ...state.out.map(outMarker),
  ];
  for (const marker of markers) await writeSafely(join(folder, marker), '');
  const record = { ...state, changedAt: new Date().toISOString() };
  await writeSafely(join(folder, RECORD), `${JSON.stringify(record)}\n`);
  await syncFolder(folder);
  await syncFolder(states);

  await removeLinksInTheMaking(directory);
  const previous = basename(await readlink(currentLink(directory)).catch(nothingThere('')));
  const next = `${currentLink(directory)}.${name}`;
  await symlink(join('states', name), next);
  await stillMine();
  await rename(next, currentLink(directory));
  await syncFolder(directory);
  await prune(directory, [name, previous]).catch(() => undefined);
}

/** The weights that have a marker in force, ascending: one, as a rule. */
export async function markedWeights(directory: string): Promise<number[]> {
  const names = await readdir(currentLink(directory)).catch(nothingThere<string[]>([]));
  return names.flatMap((name) => Number(/^y-(\d+)$/.exec(name)?.[1] ?? 0) || []).sort((a, b) => a - b);
}

/** Everything to X, by removing what says otherwise. Whose change it was stays as it was recorded last. */
export async function removeWeight(directory: string, weights: readonly number[]): Promise<void> {
  // nginx obeys the last one that is there: the highest goes first, so that Y's share only ever falls.
  for (const weight of weights.toReversed())
    await rm(join(currentLink(directory), weightMarker(weight)), { force: true });
  await removeLinksInTheMaking(directory);
}

/** nginx's workers have a user of their own: they must be able to look, whatever the umask is. */
export async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // One that was made ready by somebody else may only be changed by its owner, and keeps what it allows beyond that.
  const { mode } = await stat(folder);
  if ((mode & 0o555) !== 0o555) await chmod(folder, (mode & 0o7777) | 0o555);
}

/** What processes left that were killed. A lock's own files are only safe to remove when nobody can be at work on them. */
async function prune(directory: string, keep: readonly string[]): Promise<void> {
  const states = (await readdir(statesFolder(directory))).filter((name) => !keep.includes(name));
  for (const name of states) await rm(join(statesFolder(directory), name), { recursive: true, force: true });
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (name.startsWith('lock.') && Date.now() - (await lstat(path)).mtimeMs > ABANDONED)
      await rm(path, { force: true });
  }
}

/** A process that hung right before its rename, and lost the lock meanwhile, has nothing left to put in force when it goes on. */
async function removeLinksInTheMaking(directory: string): Promise<void> {
  const links = (await readdir(directory)).filter((name) => name.startsWith(`${basename(currentLink(directory))}.`));
  for (const name of links) await rm(join(directory, name), { force: true });
}

const nothingThere =
  <T>(instead: T) =>
  (error: NodeJS.ErrnoException): T => {
    // EINVAL: `current` is there, but somebody made it something else than a link.
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EINVAL') return instead;
    throw error;
  };
