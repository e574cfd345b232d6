import type { Command } from 'commander';
import { describePlan } from '../../domain/plan/index.ts';
import { optionalByOption } from '../options.ts';
import { readPlan } from '../plan-file.ts';
import { startWorkflow } from '../start-workflow.ts';
import { withTemporal } from '../temporal.ts';

interface Options {
  readonly by?: string;
  readonly wait?: true;
}

export function startCommand(program: Command, done: (code: number) => void): void {
  program
    .command('start')
    .summary('start the upgrade of a plan')
    .description(
      'Starts the workflow kong/<cluster>. With --wait it shows what happens, and ends when the upgrade has ended or is held.',
    )
    .argument('<file>', 'the plan, JSON or YAML')
    .addOption(optionalByOption('who starts it (never counts as an approver); "startedBy" of the plan goes first'))
    .option('--wait', 'wait until it has ended or is held')
    .action(async (file: string, { by, wait }: Options, command: Command) => {
      const { raw, plan } = readPlan(file, by);
      if (plan.startedBy === undefined)
        command.error('error: required option \'--by <name>\' not specified, and the plan has no "startedBy"');
      const { cluster, x, y } = plan;
      const summary = `${cluster}: Kong ${x.version} → ${y.version}`;
      const run = { type: 'blueGreenUpgrade', cluster, input: raw, summary, details: describePlan(plan) } as const;
      done(await withTemporal((temporal) => startWorkflow(temporal, run, wait)));
    });
}
