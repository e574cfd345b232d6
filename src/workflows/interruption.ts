import { ActivityFailure, ApplicationFailure, isCancellation, rootCause, TimeoutFailure } from '@temporalio/workflow';
import type { GateName } from '../domain/names.ts';

/** Why the forward path stopped. */
export type InterruptionKind =
  | 'abort'
  | 'breach'
  | 'rejected'
  | 'expired'
  | 'inconclusive'
  | 'drift'
  | 'finding'
  | 'backup'
  | 'share'
  | 'balancer'
  | 'database'
  | 'freeze-limit'
  | 'refused'
  | 'failed';

/** Thrown through the forward path, and only there. The message is for people. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly kind: InterruptionKind;
  /** A code of the error catalogue, where there is one. */
  readonly code?: string;
  readonly gate?: GateName;

  constructor(kind: InterruptionKind, message: string, more: { code?: string; gate?: GateName } = {}) {
    super(message);
    this.kind = kind;
    if (more.code !== undefined) this.code = more.code;
    if (more.gate !== undefined) this.gate = more.gate;
  }
}

/** Kinds that are not about Y. */
const ABOUT_OTHER_THINGS: readonly InterruptionKind[] = [
  'drift',
  'finding',
  'backup',
  'share',
  'balancer',
  'database',
  'inconclusive',
  'freeze-limit',
];

/** A hold that is not about Y leaves the traffic where it is, watched. */
export function takesTrafficBack({ kind, gate, code }: Interruption): boolean {
  if (ABOUT_OTHER_THINGS.includes(kind)) return false;
  if (code === 'ForeignChange') return false;
  return !(kind === 'expired' && gate === 'finish');
}

/** Whatever was thrown, as an interruption; plain mistakes of this code included. */
export function toInterruption(error: unknown): Interruption {
  if (error instanceof Interruption) return error;
  const { message, code } = describeFailure(error);
  return new Interruption('failed', message, code === undefined ? {} : { code });
}

/** The same failure with what it means here before its own words; anything but a failed activity as it is. */
export function failedWith(meaning: string, error: unknown, kind: InterruptionKind = 'failed'): unknown {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) return error;
  const { message, code } = describeFailure(error);
  return new Interruption(kind, `${meaning}: ${message}`, code === undefined ? {} : { code });
}

/** The innermost reason of a failed activity, and its code. */
export function describeFailure(error: unknown): { message: string; code?: string } {
  if (error instanceof ActivityFailure) {
    const { cause } = error;
    if (cause instanceof ApplicationFailure)
      return { message: cause.message, ...(cause.type ? { code: cause.type } : {}) };
    if (cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START')
      return {
        message: `no worker took ${error.activityType} from its queue: does one run on that host (CROSSFADE_HOST)?`,
      };
    // Of several attempts, what the last one said is what helps.
    if (cause instanceof TimeoutFailure && cause.cause instanceof ApplicationFailure)
      return { message: cause.cause.message, ...(cause.cause.type ? { code: cause.cause.type } : {}) };
    if (cause instanceof TimeoutFailure) return { message: `${error.activityType} ${inTime(cause.timeoutType)}` };
  }
  return { message: rootCause(error) ?? String(error) };
}

const inTime = (type: TimeoutFailure['timeoutType']): string =>
  type === 'HEARTBEAT' ? 'was cut off: its worker was not heard any more' : 'was not done in the time it has';
