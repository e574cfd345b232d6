import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { ByteProgress } from '../domain/progress.ts';
import { describeFigures, formatPercent } from '../domain/status/render-figures.ts';
import { describeProgress, doneRatio, readProgress } from '../domain/status/render-progress.ts';
import { plainLine } from '../domain/status/render-text.ts';
import type { MeasuredShare } from '../domain/traffic/state.ts';
import type { Sample, Verdict } from '../domain/verdict/index.ts';
import { bar } from './terminal/bar.ts';

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** `PENDING_ACTIVITY_STATE_SCHEDULED` of Temporal's API. */
const SCHEDULED = 1;

/** An activity that runs now, by its last heartbeat. */
export interface LiveActivity {
  readonly activity: string;
  readonly attempt: number;
  /** It does not run: it waits for a worker, or for its next attempt. */
  readonly waits?: true;
  /** Why the attempt before failed. */
  readonly lastFailure?: string;
  /** What it reported last, as it came. */
  readonly details?: unknown;
}

export function readLive(pending: readonly Pending[]): LiveActivity[] {
  return pending.map(({ activityType, attempt, state, lastFailure, heartbeatDetails }) => {
    const details = decode(heartbeatDetails);
    return {
      activity: activityType?.name ?? '?',
      attempt: attempt ?? 1,
      ...(state === SCHEDULED ? { waits: true } : {}),
      ...(lastFailure?.message ? { lastFailure: lastFailure.message } : {}),
      ...(details === undefined ? {} : { details }),
    };
  });
}

function decode(payloads: Pending['heartbeatDetails']): unknown {
  const [payload] = payloads?.payloads ?? [];
  if (payload === undefined) return undefined;
  try {
    return defaultPayloadConverter.fromPayload(payload);
  } catch {
    // Encrypted, or from another version: only the live figures are missing.
    return undefined;
  }
}

/** One line: what an activity does and how far it is. */
export function describeLive(live: LiveActivity): string {
  const progress = progressOf(live);
  return [
    live.activity,
    ...doing(live),
    ...(progress === undefined ? [] : describeProgress(progress)),
    ...attempts(live),
  ].join(' · ');
}

/** The same for a terminal: where somebody knows the whole, a second line with a bar of `width` cells. */
export function liveLines(live: LiveActivity, width: number): string[] {
  const progress = progressOf(live);
  const ratio = progress && doneRatio(progress);
  if (progress === undefined || ratio === undefined) return [describeLive(live)];
  const what = [live.activity, ...doing(live), ...attempts(live)].join(' · ');
  return [what, `${bar(ratio, width)} ${describeProgress(progress).join(' · ')}`];
}

/** A line for each activity that moves bytes now, for those who see no terminal. */
export const transfers = (live: readonly LiveActivity[]): string[] =>
  live.filter((one) => progressOf(one) !== undefined).map(describeLive);

// What an attempt reported that has ended is no figure of now.
const progressOf = ({ waits, details }: LiveActivity) => (waits === undefined ? readProgress(details) : undefined);
const doing = ({ waits, details }: LiveActivity) => (waits === undefined ? words(details) : []);

function attempts({ attempt, lastFailure, waits }: LiveActivity): string[] {
  if (attempt === 1) return waits === undefined ? [] : ['waits for a worker'];
  const which = `${waits === undefined ? '' : 'waits for '}attempt ${attempt}`;
  return [lastFailure === undefined ? which : `${which} after: ${plainLine(lastFailure, 160)}`];
}

/** What is known of the shapes that activities report, but for bytes; else the plain values as they are. */
function words(details: unknown): string[] {
  if (typeof details !== 'object' || details === null) return [];
  const { sample, verdict, share, doing, ...others } = details as {
    sample?: Sample;
    verdict?: Verdict;
    share?: MeasuredShare;
    doing?: unknown;
  };
  const found: string[] = [];
  if (typeof doing === 'string') found.push(doing);
  if (sample !== undefined)
    found.push(describeFigures({ verdict: 'pass', control: 'x', reasons: [], ...sides(sample) }));
  if (verdict !== undefined) found.push([verdict.verdict, ...verdict.reasons.map((one) => one.text)].join(': '));
  if (share !== undefined) found.push(`${formatPercent(share.share / 100)} of ${share.requests} requests arrive at Y`);
  for (const [name, value] of Object.entries(others))
    if (!PROGRESS.includes(name) && ['string', 'number', 'boolean'].includes(typeof value))
      found.push(`${name} ${String(value)}`);
  return found.map((text) => plainLine(text, 200)).filter((text) => text !== '');
}

const PROGRESS: readonly string[] = ['bytes', 'total', 'perSecond'] satisfies (keyof ByteProgress)[];

const sides = ({ x, y }: Sample): Pick<Verdict, 'x' | 'y'> => ({
  ...(x === undefined ? {} : { x }),
  ...(y === undefined ? {} : { y }),
});
