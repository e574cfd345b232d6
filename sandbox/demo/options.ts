import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { scenarios, type ScenarioName } from './scenarios.ts';

export interface Options {
  readonly scenario: ScenarioName;
  readonly keep: boolean;
  /** End what an earlier `--keep` left, and do nothing else. */
  readonly stop: boolean;
  /** Where the report goes as JSON. */
  readonly report?: string;
  readonly dir: string;
}

export const USAGE = `npm run demo [-- OPTIONS]

  --scenario NAME   what happens; by default "minor":
${Object.entries(scenarios)
  .map(([name, { from, to, title }]) => `      ${name.padEnd(10)} ${from} to ${to}: ${title}`)
  .join('\n')}
  --report FILE     writes the report of the upgrade, with what the demo checked, as JSON
  --keep            leaves everything running to play with
  --stop            ends what an earlier --keep left running
  --dir FOLDER      the folder that everything is in; by default .sandbox/demo`;

const DEFAULT_DIR = fileURLToPath(new URL('../../.sandbox/demo', import.meta.url));

/** @throws Error with the usage, for the terminal */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values } = parse(args);
  if (values.help === true) return 'help';
  const name = values.scenario ?? 'minor';
  if (!(name in scenarios)) throw new Error(`There is no scenario "${name}".\n\n${USAGE}`);
  return {
    scenario: name as ScenarioName,
    keep: values.keep ?? false,
    stop: values.stop ?? false,
    dir: values.dir === undefined ? DEFAULT_DIR : resolve(values.dir),
    ...(values.report === undefined ? {} : { report: resolve(values.report) }),
  };
}

function parse(args: readonly string[]) {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { scenario: text, report: text, dir: text, keep: flag, stop: flag, help: flag },
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\n\n${USAGE}`, { cause: error });
  }
}
