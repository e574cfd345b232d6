import type { Connection, WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import protos, { type temporal } from '@temporalio/proto';
import { hostTaskQueue, TASK_QUEUE } from '../../src/domain/names.ts';
import { HOST } from '../../sandbox/demo/plan.ts';
import { waitFor, type Patience } from '../../sandbox/wait-for.ts';

const { TASK_QUEUE_TYPE_ACTIVITY: ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW: WORKFLOW } =
  protos.temporal.api.enums.v1.TaskQueueType;
const QUEUES = [
  { name: TASK_QUEUE, type: WORKFLOW },
  { name: TASK_QUEUE, type: ACTIVITY },
  { name: hostTaskQueue(HOST), type: ACTIVITY },
];

/** When the server first heard a worker ask for work, on whichever of its queues, by the server's clock. */
export async function firstPoll(connection: Connection, identity: string): Promise<number> {
  const look = async () => {
    const answers = await Promise.all(
      QUEUES.map(({ name, type }) =>
        connection.workflowService.describeTaskQueue({
          namespace: 'default',
          taskQueue: { name },
          taskQueueType: type,
        }),
      ),
    );
    const mine = answers.flatMap(({ pollers }) => (pollers ?? []).filter((poller) => poller.identity === identity));
    return earliest(mine.map(({ lastAccessTime }) => lastAccessTime));
  };
  return waitFor(`the worker ${identity} polls`, look, { timeoutMs: 60_000, everyMs: 10 });
}

/**
 * When a worker first did something for a workflow: an event that it wrote, or an attempt of an activity that it began, by the server's
 * clock. `ended`: there was nothing left to do for it.
 */
export function firstProgress(handle: WorkflowHandle, identity: string, patience: Patience): Promise<number | 'ended'> {
  return waitFor(
    `the worker ${identity} does something`,
    async () => {
      const { raw, status } = await handle.describe();
      const attempts = (raw.pendingActivities ?? []).filter((one) => one.lastWorkerIdentity === identity);
      const moments = attempts.map(({ lastStartedTime }) => lastStartedTime);
      const at = earliest([...moments, ...(await writtenBy(handle, identity))]);
      return at ?? (status.name === 'RUNNING' ? undefined : 'ended');
    },
    { everyMs: 20, ...patience },
  );
}

type Time = Parameters<typeof tsToMs>[0];

async function writtenBy(handle: WorkflowHandle, identity: string): Promise<Time[]> {
  const page = await handle.client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: 'default',
    execution: { workflowId: handle.workflowId },
    maximumPageSize: 30,
  });
  const events = page.history?.events ?? [];
  return events.filter((event) => authors(event).includes(identity)).map(({ eventTime }) => eventTime);
}

const authors = (event: temporal.api.history.v1.IHistoryEvent): (string | null | undefined)[] => [
  event.workflowTaskStartedEventAttributes?.identity,
  event.workflowTaskCompletedEventAttributes?.identity,
  event.activityTaskStartedEventAttributes?.identity,
];

function earliest(times: readonly Time[]): number | undefined {
  const known = times.flatMap((time) => (time === null || time === undefined ? [] : [tsToMs(time)]));
  return known.length === 0 ? undefined : Math.min(...known);
}
