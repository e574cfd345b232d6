import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Secrets by the name of what they are. */
export type Known = Readonly<Record<string, string>>;

/** Milliseconds. */
const EVERY = 500;

/** Looks again and again through the processes of this machine for secrets. */
export function watchProcesses(known: Known) {
  const seen = new Set<string>();
  const look = (): void => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const read = (file: string) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'utf8');
        } catch {
          return '';
        }
      };
      const [name, args, environment] = [read('comm').trim(), read('cmdline'), read('environ')];
      for (const [what, secret] of Object.entries(known)) {
        if (args.includes(secret)) seen.add(`${what} in the arguments of ${name}`);
        if (environment.includes(secret)) seen.add(`${what} in the environment of ${name}`);
      }
    }
  };
  const timer = setInterval(look, EVERY);
  return { look, stop: () => clearInterval(timer), seen: (): string[] => [...seen].sort() };
}

/** Which secrets a text holds. */
export const secretsIn = (text: string, known: Known): string[] =>
  Object.entries(known).flatMap(([what, secret]) => (text.includes(secret) ? [what] : []));

/** Which secrets the files below a folder hold: `secret in file`. */
export const secretsBelow = (folder: string, known: Known): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) =>
      secretsIn(readFileSync(join(parentPath, name), 'latin1'), known).map((what) => `${what} in ${name}`),
    );
