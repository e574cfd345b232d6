import { isGrpcServiceError, WorkflowNotFoundError, type WorkflowHandle } from '@temporalio/client';
import { CrossfadeError } from '../domain/errors/index.ts';
import { upgradeWorkflowId } from '../domain/names.ts';
import type { TimelineEntry, UpgradeStatus } from '../domain/status/index.ts';
import { cutOffOf } from './cut-off.ts';
import { readLive, type LiveActivity } from './live.ts';
import type { Temporal } from './temporal.ts';

const NOT_FOUND = 5;

export interface UpgradeNow {
  readonly status: UpgradeStatus;
  /** What activities report while they run. */
  readonly live: readonly LiveActivity[];
  /** `UpgradeCutOff`: nobody carries on what the status says. */
  readonly cutOff?: CrossfadeError;
}

/** The upgrade of a cluster that runs, or else the last one. */
export interface UpgradeHandle {
  readonly cluster: string;
  status(): Promise<UpgradeStatus>;
  /** The same with what only Temporal knows. Error `UpgradeCutOff` where no worker answers for a workflow that was cut off. */
  now(): Promise<UpgradeNow>;
  timeline(): Promise<TimelineEntry[]>;
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
  const query = () => asked(() => handle.query<UpgradeStatus>('status'));
  return {
    cluster,
    handle,
    status: query,
    timeline: () => asked(() => handle.query<TimelineEntry[]>('timeline')),
    now: async () => {
      const description = await asked(() => handle.describe());
      const cutOff = cutOffOf(cluster, description);
      const status = await query().catch((error: unknown) => {
        throw cutOff ?? error;
      });
      const live = readLive(description.raw.pendingActivities ?? []);
      return { status, live, ...(cutOff === undefined || status.state === 'ended' ? {} : { cutOff }) };
    },
    plan: async () => {
      const { events } = await asked(() => handle.fetchHistory());
      const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
      return payload && client.options.loadedDataConverter.payloadConverter.fromPayload(payload);
    },
  };
}
