import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers in folders that are not on an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The tables of PowerDNS's backend for SQLite, where Debian puts them. */
export const PDNS_SCHEMA = '/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql';

/** The full path of a program on PATH, or `undefined`. */
export function onPath(program: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find(isProgram);
}

/** Like {@link onPath}, and in the folders of system programs too. */
export function onSystem(program: string): string | undefined {
  return onPath(program) ?? SYSTEM_FOLDERS.map((folder) => join(folder, program)).find(isProgram);
}

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The folder of PostgreSQL's programs: of version 15, which Crossfade is tested with, else of the lowest newer one.
 * @param root - where Debian keeps a folder per version
 */
export function postgresBinDir(root = '/usr/lib/postgresql'): string | undefined {
  const versions = listFolder(root)
    .map(Number)
    .filter((version) => version >= 15)
    .sort((a, b) => a - b);
  return versions
    .map((version) => join(root, String(version), 'bin'))
    .find((folder) => isProgram(join(folder, 'postgres')));
}

function listFolder(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
