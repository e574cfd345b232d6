import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { commandLine, isRunning, parseStat, processWithPid, type ProcessId } from '../sandbox/proc.ts';

/**
 * The processes of a test run that still run. They are found in the journal, in which the sandbox writes every process
 * that it starts, and by the journal's path in their environment, which every other descendant of the run has.
 */
export function leftovers(journal: string): ProcessId[] {
  const inJournal = existsSync(journal) ? readFileSync(journal, 'utf8').split('\n').map(parseStat) : [];
  const marked = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(`CROSSFADE_PROCESS_JOURNAL=${journal}\0`))
    .map((pid) => processWithPid(Number(pid)));
  const all = [...inJournal, ...marked].filter((id) => id !== undefined).filter(isRunning);
  return [...new Map(all.map((id) => [id.pid, id])).values()];
}

/** Kills a process that a test left and says what it was. */
export function endLeftover({ pid }: ProcessId): string {
  const what = `pid ${pid}: ${commandLine(pid)}`;
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    return `${what} (has ended meanwhile)`;
  }
  return what;
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
