import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Kong commands by release. */
export interface Kongs {
  readonly label: string;
  readonly commands: ReadonlyMap<string, string>;
}

const STANDIN = ['3.4.2', '3.6.1', '3.7.1', '3.9.0', '3.9.1'];
const standin = (release: string): string =>
  fileURLToPath(new URL(`../../sandbox/kong/${release}/kong`, import.meta.url));

function real(): Map<string, string> {
  const paths = [process.env['CROSSFADE_KONG_X'], process.env['CROSSFADE_KONG_Y']];
  const commands = new Map<string, string>();
  for (const path of paths) {
    if (path === undefined || path === '') continue;
    if (!existsSync(path)) throw new Error(`CROSSFADE_KONG_X or CROSSFADE_KONG_Y names ${path}, which does not exist.`);
    commands.set(execFileSync(path, ['version'], { encoding: 'utf8' }).trim(), path);
  }
  return commands;
}

/** The stand-in and, where the variables name it, real Kong. */
export function kongs(): Kongs[] {
  const all = [{ label: 'stand-in', commands: new Map(STANDIN.map((release) => [release, standin(release)])) }];
  const installed = real();
  return installed.size === 0 ? all : [...all, { label: 'real Kong', commands: installed }];
}

/** Whether all these releases are there. */
export function has(kong: Kongs, releases: Iterable<string>): boolean {
  return [...releases].every((release) => kong.commands.has(release));
}
