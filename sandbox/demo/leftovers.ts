import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess } from '../end-process.ts';
import { commandLine, processWithPid } from '../proc.ts';

/** Everything of a demo gets this as `TMPDIR`, whoever starts it: by it its processes are known, also orphaned ones. */
export const tempDir = (dir: string) => join(dir, 'tmp');

/** Processes of the demo in `dir` that run, but for this one. */
export function leftovers(dir: string): { pid: number; what: string }[] {
  const mark = `TMPDIR=${tempDir(dir)}\0`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(mark) && processWithPid(Number(pid)) !== undefined)
    .map((pid) => ({ pid: Number(pid), what: commandLine(Number(pid)) }));
}

/** Ends them, and says what they were. */
export async function endLeftovers(dir: string): Promise<string[]> {
  const ended: string[] = [];
  for (const { pid, what } of leftovers(dir)) {
    const id = processWithPid(pid);
    if (id === undefined) continue;
    await endProcess(id, what);
    ended.push(what);
  }
  return ended;
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
