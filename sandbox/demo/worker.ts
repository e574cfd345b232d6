import { fileURLToPath } from 'node:url';
import { startProcess, type RunningProcess } from '../processes.ts';
import { waitFor } from '../wait-for.ts';

/** Crossfade's worker, as a process that may be killed and started again. */
export interface DemoWorker {
  readonly logFile: string;
  /** How often it was started again. */
  readonly restarts: number;
  /** `kill -9`, and nobody else notices. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

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

export async function startWorker(dir: string, env: Readonly<Record<string, string>>): Promise<DemoWorker> {
  let running = await launchWorker(dir, env);
  let restarts = 0;
  return {
    logFile: running.logFile,
    get restarts() {
      return restarts;
    },
    async kill() {
      process.kill(running.pid, 'SIGKILL');
      await waitFor('the worker is dead', () => !running.isRunning(), { everyMs: 5 });
    },
    async start() {
      running = await launchWorker(dir, env);
      restarts += 1;
    },
    stop: () => running.stop(15_000),
  };
}
