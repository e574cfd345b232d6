import { readFileSync, readdirSync } from 'node:fs';

/** A process, told apart from a later one with the same pid by when it started. */
export interface ProcessId {
  readonly pid: number;
  /** Clock ticks since the machine booted, as in `/proc/<pid>/stat`. */
  readonly startTime: string;
}

interface Stat extends ProcessId {
  readonly state: string;
  readonly group: number;
  readonly threads: number;
}

/** Parses a line of `/proc/<pid>/stat`; `undefined` if it isn't one (such as a file that was cut off). */
export function parseStat(line: string): Stat | undefined {
  // The program's name stands in parentheses and may hold spaces and parentheses itself.
  const match = /^(\d+) \(.*\) (\S) \d+ (\d+) (?:\S+ ){14}(\d+) \S+ (\d+) /s.exec(line);
  if (match === null) return undefined;
  const [, pid = '', state = '', group = '', threads = '', startTime = ''] = match;
  return { pid: Number(pid), state, group: Number(group), threads: Number(threads), startTime };
}

function readStat(pid: number | string): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A process that has ended but whose parent has not asked for its exit code (`Z`) is gone for our purposes: once its last thread is,
 * since until then its sockets listen.
 */
const hasEnded = ({ state, threads }: Stat) => (state === 'Z' || state === 'X') && threads <= 1;

/** The process that has this pid now, or `undefined` if none has. */
export function processWithPid(pid: number): ProcessId | undefined {
  const stat = readStat(pid);
  return stat === undefined || hasEnded(stat) ? undefined : { pid: stat.pid, startTime: stat.startTime };
}

export const isRunning = ({ pid, startTime }: ProcessId): boolean => processWithPid(pid)?.startTime === startTime;

/** The pids of this machine's running processes that belong to the process group `group`. */
export function groupMembers(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(readStat)
    .filter((stat) => stat !== undefined)
    .filter((stat) => stat.group === group && !hasEnded(stat))
    .map(({ pid }) => pid);
}

/** The name and arguments with which a process was started, for messages. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}
