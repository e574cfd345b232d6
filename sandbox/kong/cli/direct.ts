import { setTimeout as sleep } from 'node:timers/promises';
import type { KongVersion } from '../schema/versions.ts';
import { KongError } from '../settings.ts';
import { numeric, type Arguments } from './args.ts';
import type { Output } from './output.ts';
import { runningPid, signal, waitForEnd } from './process.ts';

const STOP_MS = 10_000;

export function version(release: KongVersion, args: Arguments, out: Output): void {
  if (!args.flags.has('all')) out.print(release);
  else out.print(`Kong: ${release}\nngx_lua: 10026\nnginx: 1025003\nLua: LuaJIT 2.1.1700206165`);
}

/** Looks at the process and at nothing else. */
export function health(prefix: string, out: Output): void {
  const running = runningPid(prefix) !== undefined;
  out.print(`nginx.......${running ? 'running' : 'not running'}\n`);
  if (!running) throw new KongError(`Kong is not running at ${prefix}`);
  out.print(`Kong is healthy at ${prefix}`);
}

/** The node on this prefix. Throws {@link KongError} if none runs. */
export function requireRunning(prefix: string): number {
  const pid = runningPid(prefix);
  if (pid === undefined) throw new KongError(`nginx not running in prefix: ${prefix}`);
  return pid;
}

/** Ends the node at once, cutting what is in flight. */
export async function stop(prefix: string, out: Output): Promise<void> {
  const pid = requireRunning(prefix);
  signal(pid, 'SIGTERM');
  if (!(await waitForEnd(pid, STOP_MS))) throw new KongError(`could not stop nginx in prefix: ${prefix}`);
  out.info('Kong stopped');
}

/** Lets the node finish what it has accepted, at most `--timeout` seconds, after `--wait` seconds of going on as before. */
export async function quit(prefix: string, args: Arguments, out: Output): Promise<void> {
  const pid = requireRunning(prefix);
  await sleep((numeric(args, 'wait') ?? 0) * 1000);
  signal(pid, 'SIGQUIT');
  if (await waitForEnd(pid, (numeric(args, 'timeout') ?? 10) * 1000)) {
    out.info('Kong stopped (gracefully)');
    return;
  }
  signal(pid, 'SIGTERM');
  await waitForEnd(pid, STOP_MS);
  out.info('Timeout, Kong stopped forcefully');
}
