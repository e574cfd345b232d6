import { isGrpcServiceError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { CrossfadeError } from '../domain/errors/index.ts';
import { upgradeWorkflowId } from '../domain/names.ts';
import type { TimelineEntry, UpgradeStatus } from '../domain/status/index.ts';
import { readLive, type LiveActivity } from './live.ts';
import type { Temporal } from './temporal.ts';

const NOT_FOUND = 5;

/** The upgrade of a cluster that runs, or else the last one. */
export interface UpgradeHandle {
  readonly cluster: string;
  status(): Promise<UpgradeStatus>;
  timeline(): Promise<TimelineEntry[]>;
  /** What activities report while they run. */
  live(): Promise<LiveActivity[]>;
  /** The plan as it was given to the workflow. */
  plan(): Promise<unknown>;
  handle: WorkflowHandle;
}

export function openUpgrade({ client, ask }: Temporal, cluster: string): UpgradeHandle {
  const handle = client.workflow.getHandle(upgradeWorkflowId(cluster));
  const asked = <T>(work: () => Promise<T>): Promise<T> =>
    ask(work).catch((error: unknown) => {
      const missing = error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
      if (!missing) throw error;
      throw new CrossfadeError('NoUpgrade', `${cluster} has no upgrade: there is no workflow ${handle.workflowId}.`, {
        cause: error,
      });
    });
  return {
    cluster,
    handle,
    status: () => asked(() => handle.query<UpgradeStatus>('status')),
    timeline: () => asked(() => handle.query<TimelineEntry[]>('timeline')),
    live: async () => readLive((await asked(() => handle.describe())).raw.pendingActivities ?? []),
    plan: async () => {
      const { events } = await asked(() => handle.fetchHistory());
      const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      return payload && client.options.loadedDataConverter.payloadConverter.fromPayload(payload);
    },
  };
}
