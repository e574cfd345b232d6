import type { Connection, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';

export interface ScheduledActivity {
  readonly name: string;
  readonly input: unknown;
}

/** The activities of a workflow as it schedules them, from the server, without disturbing a worker. Ends with the run. */
export async function* scheduled(connection: Connection, handle: WorkflowHandle): AsyncGenerator<ScheduledActivity> {
  const { runId = '' } = await handle.describe();
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await connection.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: handle.workflowId, runId },
      waitNewEvent: true,
      ...(nextPageToken === undefined ? {} : { nextPageToken }),
    });
    for (const { activityTaskScheduledEventAttributes: event } of page.history?.events ?? []) {
      const payload = event?.input?.payloads?.[0];
      if (typeof event?.activityType?.name !== 'string' || !payload) continue;
      yield { name: event.activityType.name, input: defaultPayloadConverter.fromPayload(payload as Payload) };
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken !== undefined && nextPageToken.length > 0);
}
