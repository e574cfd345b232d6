import type { Command } from 'commander';
import { exitCodeOf, exitCodeOfError } from '../exit-codes.ts';
import { explain } from '../explain.ts';
import { follow } from '../follow.ts';
import { paintFor, print, printError } from '../io.ts';
import { withTemporal } from '../temporal.ts';
import { renderTree } from '../terminal/tree.ts';
import { openUpgrade } from '../upgrade.ts';

interface Options {
  readonly watch?: true;
  readonly json?: true;
}

/** Wide enough for any line where there is no terminal. */
const NO_TERMINAL_COLUMNS = 400;

export function statusCommand(program: Command, done: (code: number) => void): void {
  program
    .command('status')
    .summary('show the upgrade of a cluster, once or live')
    .description('Shows the upgrade that runs, or else the last one. The exit code tells how it stands.')
    .argument('<cluster>', 'as in the plan')
    .option('--watch', 'keep showing it until it has ended')
    .option(
      '--json',
      'print the whole status as JSON, with what activities report now as "live"; "cutOff" tells of a workflow that Temporal ended',
    )
    .action(async (cluster: string, { watch, json }: Options) => {
      const code = await withTemporal(async (temporal) => {
        const upgrade = openUpgrade(temporal, cluster);
        if (watch && !json) return exitCodeOf(await follow(upgrade, ({ state }) => state === 'ended'));
        const { status, live, cutOff } = await upgrade.now();
        // Not into the JSON.
        if (cutOff !== undefined) (json ? printError : print)(`${explain(cutOff)}\n`);
        if (json) print(JSON.stringify({ ...status, live, cutOff: cutOff?.message }, null, 2));
        else {
          const { stdout } = process;
          const columns = stdout.isTTY ? stdout.columns : NO_TERMINAL_COLUMNS;
          print(renderTree({ status, live, now: Date.now(), columns, paint: paintFor(stdout) }).join('\n'));
        }
        return cutOff === undefined ? exitCodeOf(status) : exitCodeOfError(cutOff.code);
      });
      done(code);
    });
}
