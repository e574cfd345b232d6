import type { WorkflowHandle } from '@temporalio/client';
import protos from '@temporalio/proto';

const { HistoryEvent } = protos.temporal.api.history.v1;

/** Which activities take the most bytes of a history, all their events together; the rest is the workflow's own. */
export async function largest(handle: WorkflowHandle, most = 12): Promise<Readonly<Record<string, string>>> {
  const { events } = await handle.fetchHistory();
  const names = new Map<string, string>();
  const found = new Map<string, { events: number; bytes: number }>();
  for (const event of events ?? []) {
    const started = event.activityTaskStartedEventAttributes;
    const closed =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    const scheduled = event.activityTaskScheduledEventAttributes;
    const id = String(scheduled ? event.eventId : (started ?? closed)?.scheduledEventId);
    if (scheduled) names.set(id, scheduled.activityType?.name ?? '?');
    const name = names.get(id) ?? 'the workflow itself';
    const before = found.get(name) ?? { events: 0, bytes: 0 };
    const bytes = before.bytes + HistoryEvent.encode(event).finish().length;
    found.set(name, { events: before.events + 1, bytes });
  }
  const sorted = [...found].sort(([, a], [, b]) => b.bytes - a.bytes).slice(0, most);
  return Object.fromEntries(
    sorted.map(([name, { events: n, bytes }]) => [name, `${(bytes / 1000).toFixed(1)} kB in ${n} events`]),
  );
}
