import { quantile } from '../harness/statistics.ts';
import type { Change, Run } from './changes.ts';
import { FAULTS, type Fault, type Request } from './load/request.ts';

/** Milliseconds after the end of a change in which requests still count as sent during it. */
const WINDOW = 1_000;

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
    /** Of the rest between the change before and this one. */
    readonly p99Before: number;
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
  const endOf = ({ at, tookMs }: Change) => at + tookMs + WINDOW;
  const between = (begin: number, end: number) => (sentAt: number) => sentAt >= begin && sentAt < end;
  const during = (change: Change) => between(change.at, endOf(change));
  const atChange = (sentAt: number) => changes.some((change) => during(change)(sentAt));
  const p99 = (when: (sentAt: number) => boolean) => {
    const answered = requests.filter(({ kind, fault, sentAt }) => kind !== 'slow' && fault === 'none' && when(sentAt));
    const ms = answered.map((one) => one.ms);
    return ms.length === 0 ? NaN : quantile(ms, 0.99);
  };
  const before = (index: number) => (index === 0 ? from : endOf(changes[index - 1] as Change));
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
    restP99: p99((sentAt) => sentAt >= from && !atChange(sentAt)),
    changeP99: p99(atChange),
    changes: changes.map((change, index) => ({
      what: change.what,
      took: change.tookMs,
      p99: p99(during(change)),
      p99Before: p99(between(before(index), change.at)),
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
