import { constants, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { CrossfadeError } from '../../domain/errors/index.ts';

/** How deck gets headers for the Admin API: on its command line everybody on the host could read them. */
export interface GivenHeaders {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** After deck has ended. */
  release(): Promise<void>;
}

type Headers = Readonly<Record<string, string>>;

/** Milliseconds between two looks whether deck has come to read. */
const PAUSE = 20;

export async function giveHeaders(headers: Headers, path: string): Promise<GivenHeaders> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}`);
  // deck splits its variable at spaces.
  if (lines.some((line) => /\s/.test(line))) return bySettingsFile(lines, path);
  const env = lines.length === 0 ? {} : { DECK_HEADERS: lines.join(' ') };
  return { args: [], env, release: () => Promise.resolve() };
}

/** As a file of settings that never is one: deck reads a named pipe, so that no secret touches a disk. */
async function bySettingsFile(headers: readonly string[], PATH: string): Promise<GivenHeaders> {
  const folder = await mkdtemp(join(tmpdir(), 'crossfade-deck-'));
  const remove = () => rm(folder, { recursive: true });
  const pipe = join(folder, 'settings.yaml');
  try {
    await execa('mkfifo', ['-m', '600', pipe], { env: { PATH }, extendEnv: false });
  } catch (cause) {
    await remove();
    throw new CrossfadeError('ProgramMissing', "The program mkfifo, by which deck gets its headers, can't be used.", {
      cause,
    });
  }
  const over = new AbortController();
  // A deck that ends without having read them says itself what it lacks.
  const served = serve(pipe, JSON.stringify({ headers }), over.signal).catch(() => undefined);
  return {
    args: ['--config', pipe],
    env: {},
    async release() {
      over.abort();
      await served;
      await remove();
    },
  };
}

async function serve(pipe: string, text: string, signal: AbortSignal): Promise<void> {
  const writer = await whenRead(pipe, signal);
  try {
    await writer?.writeFile(text);
  } finally {
    await writer?.close();
  }
}

async function whenRead(pipe: string, signal: AbortSignal): Promise<FileHandle | undefined> {
  while (!signal.aborted) {
    try {
      return await open(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await sleep(PAUSE);
    }
  }
  return undefined;
}
