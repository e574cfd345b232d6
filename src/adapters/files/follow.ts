import { lstat, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative } from 'node:path';

/** As many as the system itself follows before it calls them a loop. */
const MOST_LINKS = 40;

type OnLink = (link: string, to: string) => void;

/** Where a path really leads. Each link on the way is told, with what it points to. */
export async function follow(path: string, onLink: OnLink, seen = { links: 0 }): Promise<string> {
  let real = '/';
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      real = dirname(real);
      continue;
    }
    const next = join(real, part);
    if (!(await lstat(next)).isSymbolicLink()) {
      real = next;
      continue;
    }
    if ((seen.links += 1) > MOST_LINKS) throw new Error('a link that leads to itself');
    const to = await readlink(next);
    onLink(next, fromThere(next, to));
    real = await follow(isAbsolute(to) ? to : `${real}/${to}`, onLink, seen);
  }
  return real;
}

/** What a link points to, seen from where the link is: the same place, also below a folder that an archive is unpacked to. */
export const fromThere = (link: string, to: string): string =>
  isAbsolute(to) ? relative(dirname(link), to) || '.' : to;
