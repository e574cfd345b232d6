import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection, WorkflowHandle } from '@temporalio/client';
import type { RunningProcess } from '../../sandbox/processes.ts';
import type { Stand } from '../support/stand.ts';
import { firstPoll, firstProgress } from './moments.ts';
import { launchWorker } from '../../sandbox/demo/worker.ts';
import { identityOf, kill } from './worker.ts';

/** One kill, and how long it took until the upgrade went on. Milliseconds. */
export interface Kill {
  /** Activities that were running or waiting when the worker was killed; empty: the workflow itself was at work. */
  readonly during: readonly string[];
  /** From the kill to the first poll of the new worker: starting a process and connecting. */
  readonly startMs: number;
  /** From that poll to the first progress. */
  readonly recoveryMs: number;
}

/** Longer than the longest time-out that a dead worker's work has to run into. */
const PATIENCE = 60_000;

export interface Killer {
  readonly connection: Connection;
  readonly stand: Stand;
  readonly handle: WorkflowHandle;
  readonly worker: RunningProcess;
}

/** Kills the worker and starts another one at once. `recovered` is missing when the upgrade had just ended. */
export async function killOnce({
  connection,
  stand,
  handle,
  worker,
}: Killer): Promise<{ next: RunningProcess; recovered?: Kill }> {
  const { raw } = await handle.describe();
  const during = (raw.pendingActivities ?? []).map(({ activityType }) => activityType?.name ?? '?');
  const killedAt = Date.now();
  await kill(worker);
  const next = await launchWorker(stand.dir, stand.workerEnv);
  const identity = identityOf(next);
  const [polled, progressed] = await Promise.all([
    firstPoll(connection, identity),
    firstProgress(handle, identity, { timeoutMs: PATIENCE }),
  ]);
  if (progressed === 'ended') return { next };
  return { next, recovered: { during, startMs: polled - killedAt, recoveryMs: Math.max(0, progressed - polled) } };
}

const MOST_ACTIVITIES = 12;
const LONGEST_DELAY = 2_000;

/**
 * Waits for a random moment: so many more activities, and then so long. Counted in activities, because time alone would hit the same
 * few phases over and over on a slow machine; the delay gives the long watches their share.
 */
export async function randomMoment(
  random: () => number,
  activities: () => number,
  running: () => boolean,
): Promise<void> {
  const wanted = activities() + Math.floor(random() * MOST_ACTIVITIES);
  const delay = random() * LONGEST_DELAY;
  while (running() && activities() < wanted) await sleep(5);
  await sleep(delay);
}
