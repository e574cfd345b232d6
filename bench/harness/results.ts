import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './bench.ts';
import type { Machine } from './machine.ts';

const FOLDER = fileURLToPath(new URL('../results', import.meta.url));

export interface Taken {
  readonly name: string;
  /** ISO 8601. */
  readonly date: string;
  readonly quick: boolean;
  readonly machine: Machine;
}

/** Writes `bench/results/<name>.json`, whole or not at all. Returns the file's name. */
export function writeResult(taken: Taken, measured: Measured): string {
  const { name, ...when } = taken;
  const { figures, against, ...rest } = measured;
  const file = join(FOLDER, `${name}.json`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ name, figures, against, ...when, ...rest }, null, 2)}\n`);
  renameSync(`${file}.tmp`, file);
  return file;
}
