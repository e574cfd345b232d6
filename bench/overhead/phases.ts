import type { WorkflowHandle } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';

/** Milliseconds by phase. */
export type Phases = Readonly<Record<string, number>>;

export async function phasesOf(handle: WorkflowHandle): Promise<Phases> {
  const { phases } = await handle.query<UpgradeStatus>('status');
  const took = phases.map(({ name, startedAt = '', endedAt = '' }) => [
    name,
    Date.parse(endedAt) - Date.parse(startedAt),
  ]);
  return Object.fromEntries(took) as Phases;
}

/**
 * Milliseconds of a run in which no activity was at work: what the workflow, the server and the ways between them take. Watches and
 * other activities side by side count once.
 */
export async function idleTime(handle: WorkflowHandle): Promise<number> {
  const { events } = await handle.fetchHistory();
  const begun = new Map<string, number>();
  const spans: { from: number; to: number }[] = [];
  for (const event of events ?? []) {
    const at = tsToMs(event.eventTime);
    if (event.activityTaskStartedEventAttributes) begun.set(String(event.eventId), at);
    const closed = event.activityTaskCompletedEventAttributes ?? event.activityTaskCanceledEventAttributes;
    const from = begun.get(String(closed?.startedEventId));
    if (from !== undefined) spans.push({ from, to: at });
  }
  spans.sort((a, b) => a.from - b.from);
  let idle = 0;
  let until = tsToMs(events?.[0]?.eventTime);
  for (const { from, to } of spans) {
    idle += Math.max(0, from - until);
    until = Math.max(until, to);
  }
  return idle + tsToMs(events?.at(-1)?.eventTime) - until;
}
