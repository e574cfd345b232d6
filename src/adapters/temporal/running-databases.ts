import type { Client } from '@temporalio/client';
import { parsePlan, type DatabaseRef } from '../../domain/plan/index.ts';

/** The databases of all upgrades that run, by the plans that they were started with. */
export type RunningDatabases = () => Promise<readonly DatabaseRef[]>;

const RUNNING = "ExecutionStatus = 'Running' AND WorkflowType IN ('blueGreenUpgrade', 'rollbackUpgrade')";

/** A plan is read once for each run: it never changes. */
export function createRunningDatabases(client: Client): RunningDatabases {
  let known = new Map<string, DatabaseRef | undefined>();
  return async () => {
    const now = new Map<string, DatabaseRef | undefined>();
    for await (const { workflowId, runId } of client.workflow.list({ query: RUNNING }))
      now.set(runId, known.has(runId) ? known.get(runId) : await databaseOf(client, workflowId, runId));
    known = now;
    return [...now.values()].filter((one) => one !== undefined);
  };
}

/** From the first event of the run: the rest of its history may be long. */
async function databaseOf(client: Client, workflowId: string, runId: string): Promise<DatabaseRef | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const [payload] = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  if (payload === undefined) return undefined;
  return parsePlan(client.options.loadedDataConverter.payloadConverter.fromPayload(payload)).plan?.database;
}
