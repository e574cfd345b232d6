import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from '@temporalio/client';
import type { Activities } from '../../src/activities/contract.ts';
import type { PhaseName } from '../../src/domain/names.ts';
import { WORKFLOW_ID } from './temporal.ts';
import type { DemoWorker } from './worker.ts';

/** When the worker is killed: so long after the first time that the activity is scheduled, counted from the crash before. */
interface Crash {
  readonly phase: PhaseName;
  readonly activity: keyof Activities;
  readonly afterMs: number;
}

// Commands and the watch are hit in the middle; what lasts a few milliseconds only, whenever the signal arrives.
const CRASHES: readonly Crash[] = [
  { phase: 'preflight', activity: 'checkRules', afterMs: 0 },
  { phase: 'freeze', activity: 'freezeConfiguration', afterMs: 0 },
  { phase: 'backup', activity: 'drillRestore', afterMs: 200 },
  { phase: 'deploy', activity: 'prepareNodes', afterMs: 200 },
  { phase: 'migrate', activity: 'migrateUp', afterMs: 500 },
  { phase: 'stage', activity: 'compareAnswers', afterMs: 0 },
  { phase: 'shift', activity: 'setWeight', afterMs: 0 },
  { phase: 'finish', activity: 'migrateFinish', afterMs: 500 },
  { phase: 'thaw', activity: 'thawConfiguration', afterMs: 0 },
  { phase: 'watch', activity: 'watchTraffic', afterMs: 1_500 },
  { phase: 'decommission', activity: 'removeNodes', afterMs: 0 },
];

/** A crash that happened, for the report. */
export interface HadCrash {
  readonly phase: PhaseName;
  readonly activity: string;
  readonly at: string;
}

/** Kills the worker once in every phase, and starts it again each time. Ends with the workflow. */
export async function crashInEveryPhase(
  connection: Connection,
  runId: string,
  worker: DemoWorker,
  note: (line: string) => void,
): Promise<readonly HadCrash[]> {
  const had: HadCrash[] = [];
  for await (const activity of scheduledActivities(connection, runId)) {
    const next = CRASHES[had.length];
    if (next === undefined || activity !== next.activity) continue;
    await sleep(next.afterMs);
    // When the signal is sent; to see the end of the process takes longer than some phases.
    const at = new Date().toISOString();
    await worker.kill();
    had.push({ phase: next.phase, activity, at });
    note(`kill -9 of the worker in ${next.phase} (${activity})`);
    await worker.start();
  }
  return had;
}

export const PHASES_WITH_CRASH = CRASHES.map(({ phase }) => phase);

/** Names of the activities as the workflow schedules them, from the server, without a worker. Ends with the workflow. */
async function* scheduledActivities(connection: Connection, runId: string): AsyncGenerator<string> {
  const execution = { workflowId: WORKFLOW_ID, runId };
  let nextPageToken: Uint8Array | undefined;
  do {
    const request = { namespace: 'default', execution, waitNewEvent: true, ...(nextPageToken && { nextPageToken }) };
    const page = await connection.workflowService.getWorkflowExecutionHistory(request);
    for (const event of page.history?.events ?? []) {
      const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
      if (typeof name === 'string') yield name;
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken !== undefined && nextPageToken.length > 0);
}
