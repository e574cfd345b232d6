import { isUtf8 } from 'node:buffer';
import { access, constants, lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { follow, fromThere } from './follow.ts';
import type { FoundEntry } from './port.ts';

const RAW = { encoding: 'buffer' } as const;

export interface Collection {
  /** What was added, by path. */
  entries(): FoundEntry[];
  /**
   * A file with the links on the way to it, or a folder with everything below. `false`: it is something else (a socket, a device).
   * Throws what the file system says.
   */
  add(path: string): Promise<boolean>;
}

/** Collects the entries of an archive; what is in it already stays as it is. */
export function createCollection(named: boolean, before: readonly FoundEntry[] = []): Collection {
  const found = new Map(before.map((entry) => [entry.path, entry]));
  const put = (path: string, kind: FoundEntry['kind'], to?: string): void => {
    if (!found.has(path)) found.set(path, { path, kind, named, ...(to === undefined ? {} : { to }) });
  };

  async function addFile(path: string): Promise<void> {
    await access(path, constants.R_OK);
    put(path, 'file');
  }

  async function addFolder(path: string): Promise<void> {
    const children = await readdir(path, { ...RAW, withFileTypes: true });
    put(path, 'folder');
    for (const child of children) {
      if (!child.isDirectory() && !child.isFile() && !child.isSymbolicLink()) continue;
      const below = join(
        path,
        textOf(child.name, (name) => `the name of ${join(path, name)}`),
      );
      if (child.isDirectory()) await addFolder(below);
      else if (child.isFile()) await addFile(below);
      else await addLink(below);
    }
  }

  /** Below a folder a link brings the file that it points to, but never another folder: that may be the whole disk. */
  async function addLink(path: string): Promise<void> {
    const to = textOf(await readlink(path, RAW), (name) => `what the link ${path} points to, ${name},`);
    put(path, 'link', fromThere(path, to));
    const real = await follow(path, () => undefined).catch(() => undefined);
    if (real !== undefined && (await lstat(real)).isFile()) await add(path);
  }

  async function add(path: string): Promise<boolean> {
    const links: [string, string][] = [];
    const real = await follow(path, (link, to) => void links.push([link, to]));
    const stats = await lstat(real);
    if (stats.isDirectory()) await addFolder(real);
    else if (stats.isFile()) await addFile(real);
    else return false;
    for (const [link, to] of links) put(link, 'link', to);
    return true;
  }

  return { add, entries: () => [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** An archive holds names as UTF-8. Throws in words, with bytes that are none as `\\xff`. */
function textOf(name: Buffer, whatIs: (readable: string) => string): string {
  if (isUtf8(name)) return name.toString();
  const readable = [...name.toString('latin1')]
    .map((letter) => (letter < '\x7f' ? letter : `\\x${letter.charCodeAt(0).toString(16)}`))
    .join('');
  throw new Error(`${whatIs(readable)} is not valid UTF-8 and can't be stored: rename it, or leave it out`);
}
