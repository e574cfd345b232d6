import { randomUUID } from 'node:crypto';
import { link, readFile, readlink, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** How long to wait for another change, which takes some milliseconds, before giving up. */
const PATIENCE = 10_000;
/** A holder that can't be looked at (in another container) is taken for dead after this long. */
const OLD = 60_000;

interface Holder {
  readonly token: string;
  readonly pid: number;
  /** Together with the pid this names one process for ever, even after the pid was given to another. */
  readonly startTime: string;
  /** In which space of pids; another container has its own. */
  readonly space: string;
}

/**
 * Runs `work` while no other process runs work under the same lock file. A process that died while holding it does not
 * block the next one. Error `BalancerBusy` when the holder is alive and does not let go.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, patience = PATIENCE): Promise<T> {
  const me: Holder = { token: randomUUID(), pid: process.pid, ...(await describeProcess(process.pid)) };
  const deadline = performance.now() + patience;
  while (!(await take(file, me))) {
    const holder = await readHolder(file);
    if (holder !== undefined && (await isGone(file, holder))) await removeOf(file, holder);
    else if (performance.now() < deadline) await sleep(20);
    else throw new CrossfadeError('BalancerBusy', `Process ${holder?.pid ?? '?'} holds ${file}.`);
  }
  try {
    return await work();
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

async function isGone(file: string, holder: Holder): Promise<boolean> {
  const { space } = await describeProcess(process.pid);
  if (holder.space !== space) {
    const found = await stat(file).catch(ignoreMissing);
    return found !== undefined && Date.now() - found.mtimeMs > OLD;
  }
  return (await describeProcess(holder.pid)).startTime !== holder.startTime;
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
