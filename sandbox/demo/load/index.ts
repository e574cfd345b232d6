import { fileURLToPath } from 'node:url';
import { startProcess, type RunningProcess } from '../../processes.ts';
import { waitFor } from '../../wait-for.ts';
import type { LoadResult, LoadSecond } from './counts.ts';
import type { LoadOptions } from './options.ts';

export type { LoadResult, LoadSecond } from './counts.ts';
export { STEADY } from './options.ts';

export interface Load {
  readonly process: RunningProcess;
  /** Second by second, from the start. */
  seconds(): readonly LoadSecond[];
  /** Stops the clients when the last answer has come, and says what they saw. */
  stop(): Promise<LoadResult>;
}

const PROGRAM = fileURLToPath(new URL('program.ts', import.meta.url));
const LAST_ANSWERS_MS = 30_000;

/** Starts clients that send at a steady pace until they are stopped. `key` is the consumer's. */
export async function startLoad(dir: string, options: LoadOptions, key: string): Promise<Load> {
  const running = await startProcess({
    dir,
    name: 'load',
    command: process.execPath,
    args: [PROGRAM, JSON.stringify(options)],
    env: { CROSSFADE_DEMO_KEY: key },
  });
  const lines = () =>
    running
      .log()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'));
  return {
    process: running,
    seconds: () => lines().flatMap((line) => (line.startsWith('{"at"') ? [JSON.parse(line) as LoadSecond] : [])),
    async stop() {
      process.kill(running.pid, 'SIGTERM');
      await waitFor('the clients have ended', () => !running.isRunning(), { timeoutMs: LAST_ANSWERS_MS });
      const last = lines().find((line) => line.startsWith('{"result"'));
      if (last === undefined) throw new Error(`The load ended without a result: see ${running.logFile}.`);
      await running.stop();
      return (JSON.parse(last) as { result: LoadResult }).result;
    },
  };
}
