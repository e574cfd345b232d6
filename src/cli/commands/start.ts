import type { Command } from 'commander';
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { CrossfadeError } from '../../domain/errors/index.ts';
import { TASK_QUEUE, upgradeWorkflowId } from '../../domain/names.ts';
import { describePlan } from '../../domain/plan/index.ts';
import { STATE_WORDS, OUTCOME_WORDS } from '../../domain/status/render-words.ts';
import { exitCodeOf, EXIT } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { print } from '../io.ts';
import { optionalByOption } from '../options.ts';
import { readPlan, type ReadPlan } from '../plan-file.ts';
import { withTemporal, type Temporal } from '../temporal.ts';
import { openUpgrade } from '../upgrade.ts';

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
      const read = readPlan(file, by);
      if (read.plan.startedBy === undefined)
        command.error('error: required option \'--by <name>\' not specified, and the plan has no "startedBy"');
      done(await withTemporal((temporal) => start(temporal, read, wait)));
    });
}

async function start(temporal: Temporal, { raw, plan }: ReadPlan, wait?: true): Promise<number> {
  const { cluster, x, y } = plan;
  const workflowId = upgradeWorkflowId(cluster);
  const startWorkflow = (client: Client) =>
    client.workflow.start('blueGreenUpgrade', {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [raw],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `${cluster}: Kong ${x.version} → ${y.version}`,
      // Temporal takes 20,000 bytes.
      staticDetails: `\`\`\`text\n${describePlan(plan).slice(0, 8_000)}\n\`\`\``,
    });
  try {
    const { firstExecutionRunId } = await temporal.ask(startWorkflow);
    print(`${cluster}: started (workflow ${workflowId}, run ${firstExecutionRunId}).`);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw await alreadyRunning(temporal, cluster, error);
  }
  if (wait === undefined) {
    print(`Follow it:  crossfade status ${cluster} --watch`);
    return EXIT.fine;
  }
  const upgrade = openUpgrade(temporal, cluster);
  const status = await follow(upgrade, ({ state }) => state === 'ended' || state === 'held');
  print(`${cluster}: ${status.outcome === undefined ? STATE_WORDS[status.state] : OUTCOME_WORDS[status.outcome]}`);
  return exitCodeOf(status);
}

/** Names the run that is in the way, and what it does. */
async function alreadyRunning(temporal: Temporal, cluster: string, cause: Error): Promise<CrossfadeError> {
  const upgrade = openUpgrade(temporal, cluster);
  const { type, runId, startTime } = await temporal.ask(() => upgrade.handle.describe());
  const doing = await upgrade.status().then(
    ({ state, phase, now }) => `${STATE_WORDS[state]}${phase === undefined ? '' : `, in ${phase}`}: ${now}`,
    () => 'no worker answers for it',
  );
  const since = startTime.toISOString().slice(0, 19).replace('T', ' ');
  const message = `${cluster} has a ${type} since ${since} UTC (run ${runId}): ${doing}.`;
  return new CrossfadeError('UpgradeRunning', message, { cause });
}
