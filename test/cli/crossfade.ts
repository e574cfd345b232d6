import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

export const CROSSFADE = fileURLToPath(new URL('../../bin/crossfade', import.meta.url));

export interface Ran {
  readonly code: number | undefined;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as a person would, without a terminal. */
export async function crossfade(
  args: readonly string[],
  { env = {}, command = CROSSFADE, cwd }: { env?: Record<string, string>; command?: string; cwd?: string } = {},
): Promise<Ran> {
  const { exitCode, stdout, stderr } = await execa(command, args, {
    reject: false,
    timeout: 120_000,
    env: { USER: 'cleo', NO_COLOR: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  return { code: exitCode, out: stdout, err: stderr };
}
