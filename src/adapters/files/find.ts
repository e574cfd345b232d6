import { glob, lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createCollection, type Collection } from './collect.ts';
import type { FoundFiles } from './port.ts';

/**
 * What a node keeps below its prefix and needs to be as it was: its settings as they are in force, nginx's configuration, certificates.
 * No sockets, logs or process ids.
 */
const OF_A_NODE = /^(\.kong_env|nginx.*\.conf|ssl)$/;

const OTHER = 'neither a file nor a folder';

export async function find(named: readonly string[], ofNodes: readonly string[]): Promise<FoundFiles> {
  const planned = createCollection(true);
  const missing = (await Promise.all(named.map((path) => addNamed(planned, path)))).flat();
  const all = createCollection(false, planned.entries());
  const unreadable = (await Promise.all(ofNodes.map((path) => addOfNode(all, path)))).flat();
  return { entries: all.entries(), missing, unreadable };
}

/** Faults: none means that something was found. */
async function addNamed(collection: Collection, path: string): Promise<string[]> {
  const paths = await matches(path);
  if (paths === undefined) {
    const fault = await faultOf(collection, path);
    return fault === undefined ? [] : [`${path} (${fault})`];
  }
  const faults = await Promise.all(paths.map(async (one) => [one, await faultOf(collection, one)] as const));
  // A pattern means the files among what it matches.
  if (faults.every(([, fault]) => fault === OTHER)) return [`${path} (matches no file)`];
  return faults.flatMap(([one, fault]) => (fault === undefined || fault === OTHER ? [] : [`${one} (${fault})`]));
}

/** What a pattern matches; `undefined` for a path that is none, or that is there as it is written. */
async function matches(path: string): Promise<string[] | undefined> {
  if (!/[*?[\]{}]/.test(path)) return undefined;
  const literal = await lstat(path).catch(() => undefined);
  if (literal !== undefined) return undefined;
  const found: string[] = [];
  for await (const one of glob(path)) found.push(one);
  return found;
}

/** A prefix folder, or a file. It may not be there yet, and parts of it need not be. */
async function addOfNode(collection: Collection, path: string): Promise<string[]> {
  const names = await readdir(path).catch((error: unknown) => error as Error);
  const paths = Array.isArray(names)
    ? names.filter((name) => OF_A_NODE.test(name)).map((name) => join(path, name))
    : [path];
  const faults = await Promise.all(paths.map(async (one) => [one, await faultOf(collection, one)] as const));
  return faults.flatMap(([one, fault]) => (fault === undefined || fault === NOT_THERE ? [] : [`${one} (${fault})`]));
}

const NOT_THERE = 'not there';

async function faultOf(collection: Collection, path: string): Promise<string | undefined> {
  try {
    return (await collection.add(path)) ? undefined : OTHER;
  } catch (error) {
    return inWords(path, error as NodeJS.ErrnoException);
  }
}

/** The system names the file that it stumbled upon, which may be behind a link or further down. */
function inWords(path: string, { code, path: at = path, message }: NodeJS.ErrnoException): string {
  const where = at === path ? '' : `: ${at}`;
  // Node puts this letter in place of bytes that it can't read, and then finds nothing of that name.
  if (code === 'ENOENT' && at.includes('\ufffd'))
    return `the name of ${at} is not valid UTF-8 and can't be stored: rename it, or leave it out`;
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return path.startsWith(at) ? NOT_THERE : `leads to ${at}, which is not there`;
  if (code === 'EACCES' || code === 'EPERM') return `not readable by the worker${where}`;
  return message;
}
