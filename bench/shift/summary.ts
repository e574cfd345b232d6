import { quantile } from '../harness/statistics.ts';
import type { Change, Run } from './changes.ts';
import { FAULTS, type Fault, type Request } from './load/request.ts';

/** Milliseconds from the beginning of a change in which requests count as sent during it. */
export const WINDOW = 1_000;

/** What one run comes down to. Milliseconds; NaN where nothing was answered. */
export interface Summary {
  readonly requests: number;
  readonly failed: number;
  readonly faults: Readonly<Record<Exclude<Fault, 'none'>, number>>;
  /** Kept connections that were closed while idle, and after an answer that said so. */
  readonly closedIdle: number;
  readonly closedAnnounced: number;
  readonly perSecond: number;
  /** Of the busiest thread of clients. */
  readonly busiest: number;
  readonly restP99: number;
  readonly changeP99: number;
  readonly changes: readonly {
    readonly what: string;
    readonly took: number;
    readonly p99: number;
    readonly failed: number;
  }[];
  /** From the first change to the first request that Y began. */
  readonly firstOnY: number;
  /** From the change to 100 % to the last request that X began. */
  readonly lastOnX: number;
  /** From the change to 0 % to the first request that X began, and to the last one that Y began. */
  readonly firstOnX: number;
  readonly lastOnY: number;
}

/** What clients saw of each change. Times are of answered requests that are not slow ones. */
export function summarize({ requests, closed, busiest, perSecond, from, changes }: Run): Summary {
  const [first, toY, back] = [changes[0], changeTo(changes, '100 %'), changeTo(changes, '0 %')];
  const until = (last: Change) => last.at + Math.max(WINDOW, last.tookMs);
  const during =
    ({ at }: Change) =>
    (sentAt: number) =>
      sentAt >= at && sentAt < at + WINDOW;
  const atRest = (sentAt: number) =>
    sentAt >= from && !changes.some((change) => sentAt >= change.at && sentAt < until(change));
  const p99 = (when: (sentAt: number) => boolean) => {
    const answered = requests.filter(({ kind, fault, sentAt }) => kind !== 'slow' && fault === 'none' && when(sentAt));
    const ms = answered.map((one) => one.ms);
    return ms.length === 0 ? NaN : quantile(ms, 0.99);
  };
  const failed = requests.filter(({ fault }) => fault !== 'none');
  const count = (fault: Fault) => failed.filter((one) => one.fault === fault).length;
  const begun = (side: 'x' | 'y') =>
    requests.flatMap(({ node, begunAt }) =>
      begunAt !== undefined && node?.startsWith(side) === true ? [begunAt] : [],
    );
  const [x, y] = [begun('x'), begun('y')];
  return {
    requests: requests.length,
    failed: failed.length,
    faults: Object.fromEntries(FAULTS.slice(1).map((fault) => [fault, count(fault)])) as Summary['faults'],
    closedIdle: closed.idle,
    closedAnnounced: closed.announced,
    perSecond,
    busiest,
    restP99: p99(atRest),
    changeP99: p99((sentAt) => changes.some((change) => during(change)(sentAt))),
    changes: changes.map((change) => ({
      what: change.what,
      took: change.tookMs,
      p99: p99(during(change)),
      failed: failed.filter(({ sentAt }) => during(change)(sentAt)).length,
    })),
    firstOnY: firstAfter(y, first?.at ?? 0),
    lastOnX: lastBetween(x, toY.at, back.at),
    firstOnX: firstAfter(x, back.at),
    lastOnY: lastBetween(y, back.at, Infinity),
  };
}

function changeTo(changes: readonly Change[], what: string): Change {
  const found = changes.find((change) => change.what === what);
  if (found === undefined) throw new Error(`there was no change to ${what}`);
  return found;
}

/** NaN if there was none. */
function firstAfter(moments: readonly Request['sentAt'][], at: number): number {
  const first = moments.reduce((least, one) => (one >= at && one < least ? one : least), Infinity);
  return first === Infinity ? NaN : first - at;
}

/** 0 if there was none: the change was in force at once. */
const lastBetween = (moments: readonly Request['sentAt'][], from: number, to: number): number =>
  moments.reduce((most, one) => (one >= from && one < to && one - from > most ? one - from : most), 0);
