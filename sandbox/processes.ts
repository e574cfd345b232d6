import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess } from './end-process.ts';
import { isRunning, parseStat, processWithPid, type ProcessId } from './proc.ts';
import { StopWaiting, waitFor, WaitedTooLong, type Patience, type Probe } from './wait-for.ts';

export interface ProcessOptions {
  /** The folder that the process is recorded in (`processes/<name>`) and that gets its output (`<name>.log`). */
  readonly dir: string;
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to this process's environment. The place for secrets: arguments can be read by everybody. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

export interface RunningProcess extends ProcessId {
  readonly name: string;
  readonly logFile: string;
  isRunning(): boolean;
  /** What it has printed so far. */
  log(): string;
  /** Waits for `probe` like {@link waitFor}, but fails at once, with the end of the log, if the process ends. */
  waitUntil<T>(what: string, probe: Probe<T>, patience?: Patience): Promise<T>;
  /** Ends it with its whole process group and waits until all of it is gone; nothing to do if it is gone already. */
  stop(graceMs?: number): Promise<void>;
}

const recordsIn = (dir: string) => join(dir, 'processes');

// The shell records itself and then becomes the program: same pid, same start time. So there is no moment in which the
// program runs without a record, whatever happens to the process that started it. The journal is for `npm test`.
const RECORD_AND_BECOME = `
read -r stat < /proc/$$/stat
[ -z "\${CROSSFADE_PROCESS_JOURNAL-}" ] || printf '%s %s\\n' "$stat" "$0" >> "$CROSSFADE_PROCESS_JOURNAL"
printf '%s\\n' "$stat" > "$0"
exec "$@"`;

/**
 * Starts a program in a process group of its own, recorded in `dir` so that {@link endRecorded} can end it later even
 * if this process was killed. It does not keep this process alive.
 */
export async function startProcess({
  dir,
  name,
  command,
  args = [],
  env,
  cwd,
}: ProcessOptions): Promise<RunningProcess> {
  mkdirSync(recordsIn(dir), { recursive: true });
  const record = join(recordsIn(dir), name);
  const logFile = join(dir, `${name}.log`);
  rmSync(record, { force: true });
  const output = openSync(logFile, 'a');
  const child = spawn('/bin/sh', ['-c', RECORD_AND_BECOME, record, command, ...args], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  closeSync(output);
  child.unref();
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  const id: ProcessId = processWithPid(pid) ?? { pid, startTime: 'ended already' };
  const isRecorded = () => existsSync(record) && readFileSync(record, 'utf8').endsWith('\n');
  await waitFor(`${name} is recorded`, () => isRecorded() || !isRunning(id), { everyMs: 2 });
  const log = () => readFileSync(logFile, 'utf8');
  const tail = () => log().trimEnd().split('\n').slice(-15).join('\n');

  return {
    ...id,
    name,
    logFile,
    log,
    isRunning: () => isRunning(id),
    async waitUntil(what, probe, patience) {
      const whileRunning = () => {
        if (isRunning(id)) return probe();
        throw new StopWaiting(`${name} ended by itself while waiting for this: ${what}.\n${tail()}`);
      };
      try {
        return await waitFor(what, whileRunning, patience);
      } catch (error) {
        if (error instanceof WaitedTooLong) error.message += `\nEnd of ${logFile}:\n${tail()}`;
        throw error;
      }
    },
    async stop(graceMs) {
      await endProcess(id, name, graceMs);
      rmSync(record, { force: true });
    },
  };
}

/**
 * Records a process that was started in another way (such as a Kong node, which makes itself a daemon), so that it is
 * ended with the others.
 */
export function recordProcess(dir: string, name: string, pid: number): void {
  mkdirSync(recordsIn(dir), { recursive: true });
  writeFileSync(join(recordsIn(dir), name), readFileSync(`/proc/${pid}/stat`));
}

/** Ends every process recorded in `dir` or in a folder right below it that still runs. Returns what it ended. */
export async function endRecorded(dir: string): Promise<string[]> {
  const folders = [dir, ...folderNames(dir).map((name) => join(dir, name))];
  const ended = await Promise.all(
    folders.map(recordsIn).flatMap((records) => fileNames(records).map((name) => endOne(records, name))),
  );
  return ended.filter((name) => name !== undefined);
}

async function endOne(records: string, name: string): Promise<string | undefined> {
  const id = parseStat(readFileSync(join(records, name), 'utf8'));
  if (id === undefined || !isRunning(id)) return undefined;
  await endProcess(id, name);
  return name;
}

const folderNames = (dir: string) =>
  entries(dir)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
const fileNames = (dir: string) =>
  entries(dir)
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

function entries(dir: string) {
  return existsSync(dir) ? readdirSync(dir, { withFileTypes: true }) : [];
}
