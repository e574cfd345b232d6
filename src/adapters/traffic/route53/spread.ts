import type { VerifyOptions } from '../port.ts';
import type { Mark } from '../dns/mark.ts';
import { pause } from '../dns/pause.ts';
import type { ZoneApi } from './api.ts';

/** A change that this worker has submitted. */
export interface Submitted extends Pick<Mark, 'epoch' | 'by'> {
  readonly id: string;
  /** When Route 53 said that all of its servers have it; in milliseconds since 1970. */
  spread?: number;
}

/** Route 53 says about itself that its servers have a change within a minute. */
const SPREAD_WITHIN = 60_000;
const PAUSE = 1_000;

/**
 * When the last answer from before the change is over, in milliseconds since 1970: its TTL after the last server of Route 53 has the change.
 * `undefined`: they don't have it, and the budget is used up. The change of another worker (this one was started again) can't be asked for.
 */
export async function oldAnswersEnd(
  api: Pick<ZoneApi, 'status'>,
  mark: Mark | undefined,
  submitted: Submitted | undefined,
  { within, report, signal }: VerifyOptions,
): Promise<number | undefined> {
  if (mark === undefined) return 0;
  const deadline = Date.now() + within;
  const old = mark.old * 1_000;
  while (submitted?.epoch === mark.epoch && submitted.by === mark.by) {
    const status = submitted.spread === undefined ? await api.status(submitted.id) : 'INSYNC';
    if (status === 'INSYNC') return (submitted.spread ??= Date.now()) + old;
    if (status === 'unknown') break;
    if (Date.now() + PAUSE > deadline) return undefined;
    report?.('Route 53 spreads the change to its servers');
    await pause(PAUSE, signal);
  }
  return mark.at * 1_000 + SPREAD_WITHIN + old;
}
