import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';

// Heartbeats come from a timer (see `interceptors/activity.ts`), so that a step that takes long by itself does not look
// dead. What they carry is what was reported last.
const lastDetails = new WeakMap<AbortSignal, () => unknown>();

/** Live figures of this activity (bytes so far, last sample), shown by `status` while it runs. Plain JSON, small. */
export function reportProgress(details: unknown): void {
  reportLive(() => details);
}

/** The same, asked for each time that somebody is told: figures that change by themselves or very often. */
export function reportLive(details: () => unknown): void {
  lastDetails.set(cancellationSignal(), details);
  heartbeat(details());
}

/** What the timer sends. */
export const currentProgress = (): unknown => (lastDetails.get(cancellationSignal()) ?? resumedProgress)();

/** What an earlier attempt reported last, to go on from there; `undefined` on the first attempt. */
export const resumedProgress = (): unknown => activityInfo().heartbeatDetails as unknown;
