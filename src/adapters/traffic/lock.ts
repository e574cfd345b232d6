import { randomUUID } from 'node:crypto';
import { link, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** How long to wait for another change, which takes some milliseconds, before giving up. */
const PATIENCE = 10_000;
/** A holder that hangs, or can't be looked at (in another container), is passed over after this long. The slowest change takes half of it. */
const LONGEST = 30_000;
/** A retreat has no time for that, and passes a holder over within its patience. */
export const LONGEST_OF_A_RETREAT = 5_000;

/** Fails if the lock was given to somebody else meanwhile. To be asked right before what puts a change in force. */
export type StillMine = () => Promise<void>;

interface Holder {
  readonly token: string;
  readonly pid: number;
  /** Together with the pid this names one process for ever, even after the pid was given to another. */
  readonly startTime: string;
  /** In which space of pids; another container has its own. */
  readonly space: string;
}

/**
 * Runs `work` while no other process runs work under the same lock file. Neither a process that died while holding it nor one that hangs
 * keeps the next one waiting for ever. Error `BalancerBusy` when the holder does not let go.
 */
export async function withLock<T>(
  file: string,
  work: (stillMine: StillMine) => Promise<T>,
  patience = PATIENCE,
  longest = LONGEST,
): Promise<T> {
  const me: Holder = { token: randomUUID(), pid: process.pid, ...(await describeProcess(process.pid)) };
  const deadline = performance.now() + patience;
  while (!(await take(file, me))) {
    const holder = await readHolder(file);
    const since = (await stat(file).catch(ignoreMissing))?.mtimeMs ?? Date.now();
    if (holder !== undefined && (Date.now() - since > longest || (await isGone(holder)))) await removeOf(file, holder);
    else if (performance.now() < deadline) await sleep(20);
    else
      throw new CrossfadeError(
        'BalancerBusy',
        `Process ${holder?.pid ?? '?'} holds ${file} since ${new Date(since).toISOString()}; after ${longest / 1_000} s it is passed over.`,
      );
  }
  try {
    return await work(async () => {
      if ((await readHolder(file))?.token === me.token) return;
      throw new CrossfadeError(
        'BalancerBusy',
        `Another process took over ${file}, since this one held it for too long.`,
      );
    });
  } finally {
    await removeOf(file, me);
  }
}

/** The file appears with its content, or not at all. */
async function take(file: string, me: Holder): Promise<boolean> {
  const own = `${file}.${me.token}`;
  await writeFile(own, JSON.stringify(me));
  try {
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/** Of two that find the same dead holder, only one gets to rename its file; the other must not take away a new one. */
async function removeOf(file: string, holder: Holder): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  if ((await readHolder(file))?.token !== holder.token) return;
  await rename(file, aside).catch(ignoreMissing);
  const moved = await readHolder(aside);
  if (moved !== undefined && moved.token !== holder.token) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

/** Not for sure where the pids of another container are meant. */
async function isGone(holder: Holder): Promise<boolean> {
  const { startTime, space } = await describeProcess(holder.pid);
  return holder.space === space && holder.startTime !== startTime;
}

async function readHolder(file: string): Promise<Holder | undefined> {
  const text = await readFile(file, 'utf8').catch(ignoreMissing);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as Holder;
  } catch {
    // Not written by Crossfade; its age decides.
    return { token: text, pid: 0, startTime: '', space: 'unknown' };
  }
}

async function describeProcess(pid: number): Promise<Pick<Holder, 'startTime' | 'space'>> {
  const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name of the program stands in brackets and may contain anything; the start time is the 20th field after it.
  const startTime = status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? 'gone';
  return { startTime, space: await readlink('/proc/self/ns/pid').catch(() => 'unknown') };
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
