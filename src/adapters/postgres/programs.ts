import { execFile } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CrossfadeError } from '../../domain/errors/index.ts';

export type ProgramName = 'pg_dump' | 'pg_restore';

export interface Program {
  readonly path: string;
  /** As it says it: `pg_dump (PostgreSQL) 15.14`. */
  readonly version: string;
  readonly major: number;
}

/** Finds PostgreSQL's client programs on this host. */
export interface PostgresPrograms {
  /**
   * The oldest program of major version `atLeast` or newer: an older one can't read a newer server, and a newer `pg_restore` sets
   * what an older server does not know. Error `ProgramMissing`.
   */
  find(name: ProgramName, atLeast: number): Promise<Program>;
}

/** Where packages put them, version by version, beside the one on the PATH. */
const FOLDERS = [
  { parent: '/usr/lib/postgresql', bin: (version: string) => `${version}/bin` },
  { parent: '/usr', bin: (version: string) => `${version}/bin`, only: /^pgsql-\d+$/ },
];

export function createPostgresPrograms(path: string): PostgresPrograms {
  return {
    async find(name, atLeast) {
      const found = (await Promise.all(candidates(name, path).map(ask))).filter((one) => one !== undefined);
      // Of two of the same version the one on the PATH, which comes first.
      const [fitting] = found.filter(({ major }) => major >= atLeast).sort((a, b) => a.major - b.major);
      if (fitting !== undefined) return fitting;
      const seen = found.length === 0 ? 'There is none' : `There is: ${found.map((one) => one.version).join(', ')}`;
      throw new CrossfadeError(
        'ProgramMissing',
        `Crossfade needs ${name} of PostgreSQL ${atLeast} or newer on the PATH or in /usr/lib/postgresql/*/bin. ${seen}.`,
      );
    },
  };
}

/** The first on the PATH, then the versioned ones. */
function candidates(name: ProgramName, path: string): string[] {
  const versioned = FOLDERS.flatMap(({ parent, bin, only }) =>
    entries(parent)
      .filter((entry) => only === undefined || only.test(entry))
      .map((entry) => join(parent, bin(entry), name)),
  );
  const onPath = path
    .split(':')
    .filter((dir) => dir !== '')
    .map((dir) => join(dir, name));
  return [...onPath.filter(isProgram).slice(0, 1), ...versioned.filter(isProgram)];
}

async function ask(path: string): Promise<Program | undefined> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version']);
    return { path, version: stdout.trim(), major: majorOf(stdout) };
  } catch {
    return undefined;
  }
}

/** Major version in what a program of PostgreSQL says of itself; 0 when it says none. */
export const majorOf = (version: string): number => Number(/\(PostgreSQL\) (\d+)/.exec(version)?.[1] ?? 0);

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function entries(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}
