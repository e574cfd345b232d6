import { createReadStream } from 'node:fs';
import { constants, lstat, open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { pack, type Header, type Pack } from 'tar-stream';
import { CrossfadeError } from '../../domain/errors/index.ts';
import type { FoundEntry } from './port.ts';

/** What a field of a header holds: larger ids need an extension of the format. */
const LARGEST_ID = 0o7777777;

export function archive(entries: readonly FoundEntry[]): AsyncIterable<Uint8Array> {
  const tar = pack();
  addAll(tar, entries).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error as Error),
  );
  return tar as AsyncIterable<Uint8Array>;
}

async function addAll(tar: Pack, entries: readonly FoundEntry[]): Promise<void> {
  for (const entry of entries) {
    if (entry.kind === 'file') await addFile(tar, entry.path);
    else tar.entry({ ...header(entry.path, await unlessGone(entry.path, lstat(entry.path))), ...formOf(entry) });
  }
}

const formOf = ({ kind, to = '' }: FoundEntry): Partial<Header> =>
  kind === 'folder' ? { type: 'directory' } : { type: 'symlink', linkname: to };

async function addFile(tar: Pack, path: string): Promise<void> {
  const file = await unlessGone(path, open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  try {
    const before = await file.stat();
    const entry = tar.entry({ ...header(path, before), type: 'file', size: before.size });
    await pipeline(contentOf(file, path, before.size), entry);
    const after = await file.stat();
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changed(path, 'was written to');
  } finally {
    await file.close();
  }
}

/** Exactly as much as the header says: a file that grows must not break what follows it. */
async function* contentOf(file: FileHandle, path: string, size: number): AsyncGenerator<Buffer> {
  if (size === 0) return;
  let read = 0;
  for await (const chunk of createReadStream(path, { fd: file, start: 0, end: size - 1, autoClose: false })) {
    read += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (read < size) throw changed(path, 'became shorter');
}

interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Date;
}

function header(path: string, { mode, uid, gid, mtime }: Attributes): Partial<Header> & Pick<Header, 'name'> {
  const large = Object.entries({ uid, gid }).filter(([, id]) => id > LARGEST_ID);
  const pax = large.length === 0 ? {} : { pax: Object.fromEntries(large.map(([name, id]) => [name, String(id)])) };
  // With the bits that say what it is, which the format drops: a mode of 0 would count as none, and open what is closed.
  return { name: path.replace(/^\/+/, ''), mode, uid, gid, mtime, ...pax };
}

async function unlessGone<T>(path: string, act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (cause) {
    if (['ENOENT', 'ELOOP', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? ''))
      throw changed(path, 'was removed or replaced', cause);
    throw cause;
  }
}

const changed = (path: string, how: string, cause?: unknown): CrossfadeError =>
  new CrossfadeError('FileChanged', `The file ${path} ${how} while it was backed up.`, { cause });
