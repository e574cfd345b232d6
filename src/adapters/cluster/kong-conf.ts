import { readFile } from 'node:fs/promises';

/** Where `kong` looks for its settings when it is not told of a file. */
const SEARCHED = ['/etc/kong/kong.conf', '/etc/kong.conf'];

/** A setting of a kong.conf; `undefined` where the file does not have it, or is not there. */
export async function confSetting(path: string | undefined, name: string): Promise<string | undefined> {
  for (const file of path === undefined ? SEARCHED : [path]) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const line = new RegExp(String.raw`^\s*${name}\s*=\s*((?:[^#\n\\]|\\.)*)`, 'gm');
    return [...text.matchAll(line)].at(-1)?.[1]?.trim();
  }
  return undefined;
}
