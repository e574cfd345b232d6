import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { removeFolder } from '../../sandbox/folder.ts';
import type { ScenarioName } from '../../sandbox/demo/scenarios.ts';
import type { DemoReport } from '../../sandbox/demo/run.ts';
import { tempFolder } from '../sandbox/temp-folder.ts';

const PROGRAM = fileURLToPath(new URL('../../sandbox/demo/main.ts', import.meta.url));

export interface DemoRun {
  readonly code: number | null;
  readonly output: string;
  readonly report: DemoReport;
  /** The folder of the demo, with its logs; to be removed. */
  readonly dir: string;
  remove(): Promise<void>;
}

/** The demo gives up by itself after 15 minutes; then it stops everything. */
const LIMIT = 16 * 60_000;

/** Runs a scenario before the tests of a file, and removes what it left after them. */
export function useDemo(scenario: ScenarioName): () => DemoRun {
  let run: DemoRun | undefined;
  beforeAll(async () => {
    run = await runDemo(scenario);
  }, LIMIT);
  afterAll(() => run?.remove());
  return () => {
    if (run === undefined) throw new Error('The demo did not run.');
    return run;
  };
}

/** Runs a scenario as a user does, and reads the report that it wrote. */
async function runDemo(scenario: ScenarioName): Promise<DemoRun> {
  const parent = tempFolder();
  const dir = join(parent, 'demo');
  const file = join(parent, 'report.json');
  const args = ['--disable-warning=ExperimentalWarning', PROGRAM];
  const child = spawn(process.execPath, [...args, '--scenario', scenario, '--report', file, '--dir', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => (output += part));
  const [code] = (await once(child, 'close')) as [number | null];
  const text = await readFile(file, 'utf8').catch(() => {
    throw new Error(`The demo wrote no report:\n${output}`);
  });
  return {
    code,
    output,
    dir,
    report: JSON.parse(text) as DemoReport,
    async remove() {
      await removeFolder(dir);
      await rm(parent, { recursive: true });
    },
  };
}

/** What did not hold, with what was found: empty when everything is as it should be. */
export const broken = ({ report }: DemoRun): string[] =>
  report.checks.filter(({ holds }) => !holds).map(({ what, found }) => `${what}: ${found}`);

export const weights = ({ report }: DemoRun): number[] => report.weights.map(({ weight }) => weight);
