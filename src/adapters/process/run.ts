import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { collectLines } from './lines.ts';
import { stopGroup } from './group.ts';

export interface RunOptions {
  /** The whole environment of the command; nothing of the worker's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the command and all that it started. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of its output as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface CommandResult {
  /** `undefined` when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

/** How a command is run; tests may put something else in its place. */
export type RunCommand = (argv: readonly string[], options: RunOptions) => Promise<CommandResult>;

/** A daemon may keep the pipes of its parent open; what the command itself wrote is there long before. */
const PIPES_AFTER_EXIT = 250;

/**
 * Runs a program without a shell, as a process group of its own, and returns its result whatever it is. At a time-out, when `signal`
 * aborts (then its reason is thrown), or when a signal from elsewhere ended the first process (also by its exit code), the whole group
 * is stopped first. Error `ProgramMissing` when it can't be started, `ProcessStuck` when it can't be ended.
 */
export const runCommand: RunCommand = async (argv, { env, signal, onLine, timeout }) => {
  const [program = '', ...args] = argv;
  signal?.throwIfAborted();
  const child = spawn(program, args, { detached: true, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = collectLines(child.stdout, onLine);
  const stderr = collectLines(child.stderr, onLine);
  const closed = once(child, 'close').catch(() => undefined);
  try {
    await once(child, 'spawn');
  } catch (cause) {
    throw new CrossfadeError(
      'ProgramMissing',
      `The program ${program} can't be started: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  }
  const group = child.pid as number;
  const timer = AbortSignal.timeout(timeout);
  const stop = signal === undefined ? timer : AbortSignal.any([signal, timer]);
  const ended = await once(child, 'exit', { signal: stop }).then(
    ([code]) => ({ code: (code as number | null) ?? undefined, stopped: false }),
    () => ({ code: undefined, stopped: true }),
  );
  if (endedBySignal(ended.code) && !(await stopGroup(group)))
    throw new CrossfadeError('ProcessStuck', `The process group ${group} of ${program} could not be ended.`);
  signal?.throwIfAborted();
  await Promise.race([closed, sleep(PIPES_AFTER_EXIT)]);
  return { exitCode: ended.code, stdout: stdout(), stderr: stderr(), timedOut: ended.stopped };
};

/** Programs that catch a signal and end by it say so by 128 and its number, and may leave their children running. */
const endedBySignal = (code: number | undefined): boolean => code === undefined || (code > 128 && code <= 128 + 31);
