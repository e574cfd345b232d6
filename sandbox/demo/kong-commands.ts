import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Scenario } from './scenarios.ts';

/** A `kong` command and the version that it says it is. */
export interface KongCommand {
  readonly command: string;
  readonly version: string;
}

export interface KongCommands {
  readonly x: KongCommand;
  readonly y: KongCommand;
  /** The stand-in plays both: then faults can be switched on. */
  readonly standIn: boolean;
  readonly deck: string;
}

/** The stand-ins of a scenario's versions, and of decK where there is none; real Kongs where `CROSSFADE_KONG_X` and `CROSSFADE_KONG_Y` name them. */
export async function findKong({ from, to }: Scenario, env = process.env): Promise<KongCommands> {
  const [x, y] = [env['CROSSFADE_KONG_X'], env['CROSSFADE_KONG_Y']];
  if (x === undefined && y === undefined) return { x: standIn(from), y: standIn(to), standIn: true, deck: findDeck() };
  if (x === undefined || y === undefined)
    throw new Error('Give both CROSSFADE_KONG_X and CROSSFADE_KONG_Y (paths of two `kong` commands), or none of them.');
  return {
    x: { command: x, version: await askVersion(x) },
    y: { command: y, version: await askVersion(y) },
    standIn: false,
    deck: findDeck(),
  };
}

const standIn = (version: string): KongCommand => ({
  command: fileURLToPath(new URL(`../kong/${version}/kong`, import.meta.url)),
  version,
});

async function askVersion(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)(command, ['version']);
  const version = /\d+\.\d+\.\d+(\.\d+)?/.exec(stdout)?.[0];
  if (version === undefined) throw new Error(`\`${command} version\` does not say a version: ${stdout.trim()}`);
  return version;
}

function findDeck(): string {
  const onPath = (process.env['PATH'] ?? '').split(':').map((folder) => join(folder, 'deck'));
  return onPath.find((file) => existsSync(file)) ?? fileURLToPath(new URL('../deck/deck', import.meta.url));
}
