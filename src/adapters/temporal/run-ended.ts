import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** Whether one run of a workflow has ended, however. Fails when Temporal can't be asked. */
export type HasRunEnded = (workflowId: string, runId: string) => Promise<boolean>;

const PATIENCE_MS = 5_000;

const ENDED: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']);

export const createHasRunEnded =
  (client: Client): HasRunEnded =>
  async (workflowId, runId) => {
    try {
      const { status } = await client.withDeadline(Date.now() + PATIENCE_MS, () =>
        client.workflow.getHandle(workflowId, runId).describe(),
      );
      return ENDED.has(status.name);
    } catch (error) {
      // Temporal forgets a run some days after its end, and never before.
      if (error instanceof WorkflowNotFoundError) return true;
      throw error;
    }
  };
