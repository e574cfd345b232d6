import { hostname } from 'node:os';
import type { RunningProcess } from '../../sandbox/processes.ts';
import { waitFor } from '../../sandbox/wait-for.ts';

/** By what name Temporal knows a worker: the SDK's default. */
export const identityOf = ({ pid }: RunningProcess): string => `${pid}@${hostname()}`;

/** `kill -9`. Returns when it is dead. */
export async function kill(worker: RunningProcess): Promise<void> {
  process.kill(worker.pid, 'SIGKILL');
  await waitFor('the worker is dead', () => !worker.isRunning(), { everyMs: 2 });
}
