import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a group may take to end by itself after TERM. */
const GRACE = 5_000;
/** After KILL nothing but the kernel decides; a process that hangs in it for longer is reported. */
const AFTER_KILL = 10_000;

/** Ends every process of a group: TERM, then KILL. Resolves when none is left; false if some can't be ended. */
export async function stopGroup(group: number): Promise<boolean> {
  if (!send(group, 'SIGTERM') || (await emptyWithin(group, GRACE))) return true;
  send(group, 'SIGKILL');
  return emptyWithin(group, AFTER_KILL);
}

async function emptyWithin(group: number, ms: number): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (hasMembers(group)) {
    if (performance.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function send(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process that has ended counts as gone even if nobody has asked for its exit code, as in containers without an init. */
export function hasMembers(group: number): boolean {
  if (!send(group, 0)) return false;
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return true;
  }
  // "pid (name) state parent group ... threads ...": the name may hold spaces and parentheses.
  const STAT = /^.*\) (\S) \d+ (\d+) (?:\S+ ){14}(\d+) /s;
  return pids.some((pid) => {
    try {
      const [, state = '', found, threads] = STAT.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      // Of a process that was killed, threads may be left for a moment, and its sockets with them.
      const ended = ['Z', 'X'].includes(state) && Number(threads) <= 1;
      return Number(found) === group && !ended;
    } catch {
      return false;
    }
  });
}
