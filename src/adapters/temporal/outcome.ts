import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/** How a workflow ended: the `outcome` of its result, its status in lower case where it has none; `undefined` when there is no such workflow. */
export const createOutcomeOf =
  (client: Client) =>
  async (workflowId: string): Promise<string | undefined> => {
    const handle = client.workflow.getHandle(workflowId);
    try {
      const { status } = await handle.describe();
      if (status.name !== 'COMPLETED') return status.name.toLowerCase();
      const result: unknown = await handle.result();
      return typeof result === 'object' && result !== null && 'outcome' in result
        ? String(result.outcome)
        : 'completed';
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return undefined;
      throw error;
    }
  };
