import type { Command } from 'commander';
import { describePlan, toPlanInput } from '../../domain/plan/index.ts';
import { EXIT } from '../exit-codes.ts';
import { print } from '../io.ts';
import { readPlan } from '../plan-file.ts';

export function planCommand(program: Command, done: (code: number) => void): void {
  program
    .command('plan')
    .summary('check a plan and print what it would do; changes nothing')
    .description(
      'Checks a plan (every fault at once) and prints each phase, gate and limit, and how long the freeze lasts.',
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .option('--json', 'print the plan as JSON with its defaults filled in: the input of the workflow')
    .action((file: string, { json }: { json?: true }) => {
      const { plan } = readPlan(file);
      print(json ? JSON.stringify(toPlanInput(plan), null, 2) : describePlan(plan));
      done(EXIT.fine);
    });
}
