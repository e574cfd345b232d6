import { once } from 'node:events';
import { execa } from 'execa';
import { stopGroup } from './group.ts';

export interface StreamOptions {
  /** The whole environment of the program; nothing of the worker's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

/** A program that was given or that gave a stream ended badly. */
export class ProgramFailed extends Error {
  override readonly name = 'ProgramFailed';
  /** It is not there, or is no program. */
  readonly notStarted: boolean;
  /** By a signal that was not ours: it says nothing about what it worked on. */
  readonly killed: boolean;

  constructor(message: string, { notStarted, killed }: { notStarted: boolean; killed: boolean }) {
    super(message);
    this.notStarted = notStarted;
    this.killed = killed;
  }
}

/** After TERM, before KILL, in milliseconds. */
const GRACE = 5_000;
const LAST_LINES = 10;

const common = ({ env, signal }: StreamOptions) => ({
  env: { ...env },
  extendEnv: false as const,
  buffer: { stdout: false, stderr: true } as const,
  reject: false as const,
  forceKillAfterDelay: GRACE,
  ...(signal === undefined ? {} : { cancelSignal: signal }),
});

/**
 * What a program writes to its standard output, as it comes. The stream ends only after the program ended with code 0; else it
 * throws `ProgramFailed` with the end of its standard error. Whoever stops reading ends the program, and all that it started.
 */
export async function* outputOf(argv: readonly string[], options: StreamOptions): AsyncGenerator<Buffer> {
  const [program = '', ...args] = argv;
  const child = execa(program, args, { ...common(options), stdin: 'ignore', detached: true });
  // What the program has started itself holds its output open for as long as it lives.
  const stop = async () => void (child.pid !== undefined && (await stopGroup(child.pid)));
  const onAbort = () => void stop();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  let complete = false;
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer;
    complete = true;
  } finally {
    options.signal?.removeEventListener('abort', onAbort);
    if (!complete) await stop();
    const result = await child;
    options.signal?.throwIfAborted();
    if (complete) throwIfFailed(argv, result);
  }
}

/**
 * Feeds a program with a stream, all of which is read even when the program wants no more. Returns what it printed, or throws
 * `ProgramFailed` after the stream has ended.
 */
export async function feed(
  argv: readonly string[],
  options: StreamOptions,
  input: AsyncIterable<Uint8Array>,
): Promise<string> {
  const [program = '', ...args] = argv;
  const child = execa(program, args, { ...common(options), stdin: 'pipe' });
  const printed: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => printed.push(chunk));
  const { stdin } = child;
  // A program that has seen enough closes its end.
  const closed = new Promise<void>((resolve) => stdin.on('error', () => resolve()).on('close', () => resolve()));
  try {
    for await (const chunk of input) {
      options.signal?.throwIfAborted();
      if (stdin.writable && !stdin.write(chunk))
        await Promise.race([once(stdin, 'drain').catch(() => undefined), closed]);
    }
    stdin.end();
  } catch (error) {
    child.kill();
    await child;
    throw error;
  }
  const result = await child;
  options.signal?.throwIfAborted();
  throwIfFailed(argv, result);
  return Buffer.concat(printed).toString('utf8');
}

interface Ended {
  readonly failed: boolean;
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
  readonly stderr?: unknown;
}

function throwIfFailed([program = '']: readonly string[], { failed, exitCode, code, stderr }: Ended): void {
  if (!failed) return;
  const notStarted = code === 'ENOENT' || code === 'EACCES';
  const said = String(stderr ?? '')
    .trim()
    .split('\n')
    .slice(-LAST_LINES)
    .join('\n');
  const killed = !notStarted && exitCode === undefined;
  const how = notStarted ? `can't be started` : killed ? 'was ended' : `ended with code ${exitCode}`;
  throw new ProgramFailed(`${program} ${how}${said === '' ? '' : `: ${said}`}`, { notStarted, killed });
}
