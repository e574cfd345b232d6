import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

interface Process {
  readonly pid: number;
  readonly backend: string;
  readonly stateFile: string;
}

interface Section {
  /** `global`, `defaults`, `backend kong`, … */
  readonly name: string;
  readonly lines: readonly (readonly string[])[];
}

/**
 * Whether HAProxy will load the state file at its next start or reload. Its runtime API does not tell, so its configuration is read, by
 * the command line of the process on this host.
 *
 * @returns sentences for people: why it won't, or that it can't be seen; none if it will
 */
export async function whyNotLoaded({ pid, backend, stateFile }: Process): Promise<string[]> {
  const after = 'a reload of HAProxy would bring back the weights of its configuration';
  let sections: Section[];
  try {
    sections = await readSections(pid);
  } catch {
    return [`Whether HAProxy loads ${stateFile} can't be seen from here; if it does not, ${after}.`];
  }
  const loaded = fileOf(sections, backend);
  if (loaded === stateFile) return [];
  const found = loaded === undefined ? `loads no server state for ${backend}` : `loads ${loaded}, not ${stateFile}`;
  return [`HAProxy ${found}: ${after}.`];
}

/** The file that this backend's servers get their state from. Paths from there on are those of the configuration. */
function fileOf(sections: readonly Section[], backend: string): string | undefined {
  const setting = (keyword: string, ...names: string[]) =>
    sections
      .filter(({ name }) => names.includes(name))
      .flatMap(({ lines }) => lines.filter(([first]) => first === keyword))
      .at(-1);
  const own = [`backend ${backend}`, `listen ${backend}`];
  const before = sections.slice(
    0,
    sections.findIndex(({ name }) => own.includes(name)),
  );
  // Each `defaults` begins anew; the last one before the backend counts.
  const defaults = before.findLast(({ name }) => /^defaults\b/.test(name))?.lines ?? [];
  const mode =
    setting('load-server-state-from-file', ...own)?.[1] ??
    defaults.findLast(([first]) => first === 'load-server-state-from-file')?.[1];
  const base = setting('server-state-base', 'global')?.[1] ?? '/';
  if (mode === 'global') {
    const file = setting('server-state-file', 'global')?.[1];
    return file === undefined ? undefined : resolve(base, file);
  }
  if (mode !== 'local') return undefined;
  const name = setting('server-state-file-name', ...own)?.[1];
  return resolve(base, name === undefined || name === 'use-backend-name' ? backend : name);
}

async function readSections(pid: number): Promise<Section[]> {
  const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  // Another container's process may have this number here.
  if (!/(^|\/)haproxy$/.test(args[0] ?? '')) throw new Error(`process ${pid} is not HAProxy`);
  const given = args.flatMap((arg, position) => (args[position - 1] === '-f' ? [arg] : []));
  const sections: { name: string; lines: string[][] }[] = [];
  for (const file of await configFiles(pid, given))
    for (const line of (await readFile(file, 'utf8')).split('\n')) {
      const words = line
        .replace(/#.*/, '')
        .trim()
        .split(/\s+/)
        .map((word) => word.replace(/^"(.*)"$/, '$1'));
      if (
        /^(global|defaults|frontend|backend|listen|peers|resolvers|userlist|cache|ring|program|mailers)$/.test(
          words[0] ?? '',
        )
      )
        sections.push({ name: words.slice(0, 2).join(' '), lines: [] });
      else if (words[0] !== '') sections.at(-1)?.lines.push(words);
    }
  if (sections.length === 0) throw new Error('no configuration on the command line');
  return sections;
}

/** A folder stands for the `.cfg` files in it. */
async function configFiles(pid: number, given: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const one of given) {
    const path = one.startsWith('/') ? one : resolve(await readlink(`/proc/${pid}/cwd`), one);
    if (!(await stat(path)).isDirectory()) files.push(path);
    else
      files.push(
        ...(await readdir(path))
          .filter((name) => name.endsWith('.cfg'))
          .sort()
          .map((name) => join(path, name)),
      );
  }
  return files;
}
