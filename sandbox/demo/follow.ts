import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { readLive, type LiveActivity } from '../../src/cli/live.ts';
import type { TimelineEntry, UpgradeStatus } from '../../src/domain/status/index.ts';
import { WORKFLOW_ID } from './temporal.ts';

/** What an upgrade is like at one moment. */
export interface Moment {
  readonly status: UpgradeStatus;
  readonly timeline: readonly TimelineEntry[];
  /** What runs, by its last heartbeat. */
  readonly live: readonly LiveActivity[];
}

export interface Follower {
  readonly connection: Connection;
  /** Asks again and again, tells each answer, and returns the last one when the workflow has ended. */
  untilEnd(tell: (moment: Moment) => Promise<void>): Promise<Moment>;
  /** How Temporal itself calls the end: `COMPLETED` and so on. */
  temporalStatus(): Promise<string>;
  close(): Promise<void>;
}

const EVERY = 300;
/** A worker that was killed does not answer; the next one does. */
const ANSWER_WITHIN = 5_000;

/** Looks at the upgrade by the queries `status` and `timeline`. */
export async function follow(address: string, runId: string): Promise<Follower> {
  const connection = await Connection.connect({ address });
  const handle = new Client({ connection }).workflow.getHandle(WORKFLOW_ID, runId);

  const look = (live: Moment['live']): Promise<Moment> =>
    connection.withDeadline(Date.now() + ANSWER_WITHIN, async () => ({
      status: await handle.query<UpgradeStatus>('status'),
      timeline: await handle.query<TimelineEntry[]>('timeline'),
      live,
    }));
  const temporalStatus = async () => (await handle.describe()).status.name;

  return {
    connection,
    temporalStatus,
    async untilEnd(tell) {
      for (;;) {
        const { status, raw } = await handle.describe();
        const ended = status.name !== 'RUNNING';
        const moment = await look(readLive(raw.pendingActivities ?? [])).catch(() => undefined);
        if (moment !== undefined) await tell(moment);
        if (ended && moment?.status.state === 'ended') return moment;
        if (ended && moment !== undefined)
          throw new Error(`The workflow has ended (${status.name}) while it was ${moment.status.state}.`);
        await sleep(EVERY);
      }
    },
    close: () => connection.close(),
  };
}
