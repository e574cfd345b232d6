import { groupMembers, isRunning, processWithPid, type ProcessId } from './proc.ts';
import { waitFor } from './wait-for.ts';

/**
 * Asks a process to end with SIGINT (for PostgreSQL and nginx that is the fast way of ending), then kills what is left
 * of its group. A pid that belongs to another process by now is left alone.
 */
export async function endProcess(id: ProcessId, name: string, graceMs = 5_000): Promise<void> {
  if (!isRunning(id) && processWithPid(id.pid) !== undefined) return;
  const gone = () => !isRunning(id) && groupMembers(id.pid).length === 0;
  if (isRunning(id)) killIfThere(id.pid, 'SIGINT');
  try {
    await waitFor(`${name} (pid ${id.pid}) has ended`, gone, { timeoutMs: graceMs, everyMs: 10 });
  } catch {
    for (const pid of new Set([id.pid, ...groupMembers(id.pid)])) killIfThere(pid, 'SIGKILL');
    await waitFor(`${name} (pid ${id.pid}) has been killed`, gone, { timeoutMs: 10_000 });
  }
}

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
