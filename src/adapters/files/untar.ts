import { createWriteStream } from 'node:fs';
import { chmod, lchown, mkdir, symlink, utimes } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Extract, type Header } from 'tar-stream';
import { CrossfadeError } from '../../domain/errors/index.ts';

/**
 * Unpacks a tar archive into a folder, with modes and times, and owners where this runs as root. Returns how many files there were.
 * Whatever the archive says, nothing is written outside of the folder or over something. Error `ArchiveUnsafe`; what `content` throws
 * comes through.
 */
export async function untar(content: AsyncIterable<Uint8Array>, folder: string): Promise<number> {
  const tar = extract();
  const reading = pipeline(Readable.from(content, { objectMode: false }), tar);
  // Waited for below, or not the reason.
  reading.catch(() => undefined);
  try {
    return await unpackEntries(tar, folder);
  } catch (error) {
    // What was read was cut off: why, knows whoever gave it.
    if ((error as NodeJS.ErrnoException).code === CUT_OFF) await reading;
    throw error;
  }
}

/** How an entry ends whose archive does not go on. */
const CUT_OFF = 'STREAM_DESTROYED';

async function unpackEntries(tar: Extract, folder: string): Promise<number> {
  const folders: { path: string; header: Header }[] = [];
  const links: { path: string; to: string }[] = [];
  let files = 0;
  for await (const entry of tar) {
    const { header } = entry;
    const path = within(folder, header.name);
    if (header.type === 'file') {
      await writeNew(path, contentOf(entry));
      await applyAttributes(path, header);
      files += 1;
      continue;
    }
    if (header.type === 'directory') folders.push({ path, header });
    else if (header.type === 'symlink') links.push({ path, to: leadingInside(folder, path, header.linkname) });
    else throw unsafe(`${header.name} is a ${header.type}`);
    entry.resume();
  }
  // Links after all files, so that none is written through one; folders last, as some may not be written to.
  for (const { path, to } of links) {
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE });
    await symlink(to, path);
  }
  for (const { path } of folders) await mkdir(path, { recursive: true, mode: PRIVATE });
  for (const { path, header } of folders.toReversed()) await applyAttributes(path, header);
  return files;
}

/** An entry is no stream of Node's own: a pipeline would wait for ever for one that is cut off. */
async function* contentOf(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of entry) yield chunk as Uint8Array;
}

const PRIVATE = 0o700;

/** One file, readable by its owner only; never over another one, nor through a link. */
export async function writeNew(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE });
  await pipeline(content, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
}

/** A path below the folder. Error `ArchiveUnsafe` when it leads out of it. */
export function within(folder: string, path: string): string {
  const whole = resolve(folder, `.${sep}${path}`);
  if (whole !== folder && !whole.startsWith(`${folder}${sep}`)) throw unsafe(`${path} leads out of the folder`);
  return whole;
}

function leadingInside(folder: string, path: string, to: string): string {
  const target = resolve(dirname(path), to);
  if (target !== folder && !target.startsWith(`${folder}${sep}`))
    throw unsafe(`the link ${path.slice(folder.length + 1)} leads out of the folder, to ${to}`);
  return to;
}

async function applyAttributes(path: string, { mode = PRIVATE, uid, gid, mtime }: Header): Promise<void> {
  if (process.getuid?.() === 0 && uid !== undefined && gid !== undefined) await lchown(path, uid, gid);
  // Without the bits that let a program run as its owner.
  await chmod(path, mode & 0o777);
  if (mtime !== undefined) await utimes(path, mtime, mtime);
}

const unsafe = (why: string): CrossfadeError => new CrossfadeError('ArchiveUnsafe', `Nothing was unpacked: ${why}.`);
