import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { CrossfadeError } from '../domain/errors/index.ts';
import { TASK_QUEUE, upgradeWorkflowId } from '../domain/names.ts';
import { OUTCOME_WORDS, STATE_WORDS } from '../domain/status/render-words.ts';
import { exitCodeOf, EXIT } from './exit-codes.ts';
import { follow } from './follow.ts';
import { print } from './io.ts';
import type { Temporal } from './temporal.ts';
import { openUpgrade } from './upgrade.ts';

export interface NewRun {
  readonly type: 'blueGreenUpgrade' | 'restoreBackup';
  readonly cluster: string;
  readonly input: object;
  /** One line, and more, for the Temporal UI. */
  readonly summary: string;
  readonly details: string;
}

/**
 * Starts the workflow of a cluster and, if asked for, follows it until it has ended or a person is needed. Returns the exit code.
 * Error `UpgradeRunning` names what runs there already.
 */
export async function startWorkflow(temporal: Temporal, run: NewRun, wait?: true): Promise<number> {
  const { type, cluster, input, summary, details } = run;
  const workflowId = upgradeWorkflowId(cluster);
  const start = (client: Client) =>
    client.workflow.start(type, {
      taskQueue: TASK_QUEUE,
      workflowId,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: summary,
      // Temporal takes 20,000 bytes.
      staticDetails: `\`\`\`text\n${details.slice(0, 8_000)}\n\`\`\``,
    });
  try {
    const { firstExecutionRunId } = await temporal.ask(start);
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
