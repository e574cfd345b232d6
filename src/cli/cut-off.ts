import type { WorkflowExecutionDescription } from '@temporalio/client';
import { CrossfadeError } from '../domain/errors/index.ts';
import { TASK_QUEUE } from '../domain/names.ts';

const HOW: Partial<Record<WorkflowExecutionDescription['status']['name'], string>> = {
  TERMINATED: 'was TERMINATED',
  FAILED: 'has FAILED',
  TIMED_OUT: 'has TIMED OUT',
  CANCELLED: 'was CANCELLED without undoing',
};

/**
 * `UpgradeCutOff` when Temporal ended the workflow and not the workflow itself. What the workflow says of itself then is how
 * it stood at that moment, for ever.
 */
export function cutOffOf(
  cluster: string,
  description: Pick<WorkflowExecutionDescription, 'status' | 'workflowId' | 'closeTime' | 'type'>,
): CrossfadeError | undefined {
  const { status, workflowId, closeTime, type } = description;
  const how = HOW[status.name];
  if (how === undefined) return undefined;
  const at = closeTime === undefined ? '' : ` at ${closeTime.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  if (type === 'restoreBackup')
    return new CrossfadeError(
      'RestoreCutOff',
      `${cluster}: the workflow ${workflowId} ${how}${at}, before the restore had ended.`,
    );
  const command = `temporal workflow start --type rollbackUpgrade --task-queue ${TASK_QUEUE} --workflow-id ${workflowId} --input-file plan.json`;
  return new CrossfadeError(
    'UpgradeCutOff',
    `${cluster}: the workflow ${workflowId} ${how}${at}, before the upgrade had ended. What takes it back:\n\n  ${command}`,
  );
}
