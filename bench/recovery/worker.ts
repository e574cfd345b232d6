import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import { startProcess, type RunningProcess } from '../../sandbox/processes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';

const PROGRAM = fileURLToPath(new URL('../../src/worker.ts', import.meta.url));

/** Starts Crossfade's worker as a process of its own; it returns when the process runs, long before the worker polls. */
export const launchWorker = (dir: string, env: Readonly<Record<string, string>>): Promise<RunningProcess> =>
  startProcess({
    dir,
    name: 'worker',
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', PROGRAM],
    env,
  });

/** By what name Temporal knows a worker: the SDK's default. */
export const identityOf = ({ pid }: RunningProcess): string => `${pid}@${hostname()}`;

/** `kill -9`. Returns when it is dead. */
export async function kill(worker: RunningProcess): Promise<void> {
  process.kill(worker.pid, 'SIGKILL');
  await waitFor('the worker is dead', () => !worker.isRunning(), { everyMs: 2 });
}
