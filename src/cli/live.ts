import type { WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { describeFigures, formatBytes, formatPercent } from '../domain/status/render-figures.ts';
import { plainLine } from '../domain/status/render-text.ts';
import type { MeasuredShare } from '../domain/traffic.ts';
import type { Sample, Verdict } from '../domain/verdict/index.ts';

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** An activity that runs now, by its last heartbeat. */
export interface LiveActivity {
  readonly activity: string;
  readonly attempt: number;
  /** Why the attempt before failed. */
  readonly lastFailure?: string;
  /** What it reported last, as it came. */
  readonly details?: unknown;
}

export function readLive(pending: readonly Pending[]): LiveActivity[] {
  return pending.map(({ activityType, attempt, lastFailure, heartbeatDetails }) => {
    const details = decode(heartbeatDetails);
    return {
      activity: activityType?.name ?? '?',
      attempt: attempt ?? 1,
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
export function describeLive({ activity, attempt, lastFailure, details }: LiveActivity): string {
  const parts = [activity, ...figures(details)];
  if (attempt > 1)
    parts.push(`attempt ${attempt}${lastFailure === undefined ? '' : ` after: ${plainLine(lastFailure, 160)}`}`);
  return parts.join(' · ');
}

/** What is known of the shapes that activities report, else the plain values as they are. */
function figures(details: unknown): string[] {
  if (typeof details !== 'object' || details === null) return [];
  const { sample, verdict, share, bytes, ...others } = details as {
    sample?: Sample;
    verdict?: Verdict;
    share?: MeasuredShare;
    bytes?: number;
  };
  const found: string[] = [];
  if (sample !== undefined)
    found.push(describeFigures({ verdict: 'pass', control: 'x', reasons: [], ...sides(sample) }));
  if (verdict !== undefined) found.push([verdict.verdict, ...verdict.reasons.map((one) => one.text)].join(': '));
  if (share !== undefined) found.push(`${formatPercent(share.share / 100)} of ${share.requests} requests arrive at Y`);
  if (bytes !== undefined) found.push(formatBytes(bytes));
  for (const [name, value] of Object.entries(others))
    if (['string', 'number', 'boolean'].includes(typeof value)) found.push(`${name} ${String(value)}`);
  return found.map((text) => plainLine(text, 200)).filter((text) => text !== '');
}

const sides = ({ x, y }: Sample): Pick<Verdict, 'x' | 'y'> => ({
  ...(x === undefined ? {} : { x }),
  ...(y === undefined ? {} : { y }),
});
