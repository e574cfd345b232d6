import { setTimeout as sleep } from 'node:timers/promises';
import { withConnection } from '../../src/adapters/postgres/connect.ts';
import { quantile } from '../harness/statistics.ts';
import { ARMS, type ArmName } from './arms.ts';
import { keepWriting } from './busy.ts';
import { sendRequests, type Answer } from './requests.ts';
import type { Stand } from './stand.ts';

/** How long the transaction of somebody else stays open, in milliseconds. */
export const OPEN_FOR = 8_000;
export const PER_SECOND = 100;
/** Before it. */
const REST = 3_000;
/** From its beginning to that of `up`: it is no young one any more. */
const HEAD_START = 1_500;

/** Requests that were due in a stretch of time. */
export interface Latency {
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

/** One `up`. */
export interface Run {
  readonly arm: ArmName;
  readonly rest: Latency;
  /** From the beginning of `up` to its end, and at least to that of the transaction. */
  readonly during: Latency;
  readonly upMs: number;
}

/** One `up` on a fresh database, while somebody has read it in a transaction that stays open, as a dump or a report does. */
export async function measureRun(stand: Stand, arm: ArmName, locking: string | undefined): Promise<Run> {
  await stand.reset();
  const writing = await keepWriting(stand);
  const requests = sendRequests(stand.proxies, PER_SECOND);
  const resting = performance.now();
  await sleep(REST);
  const { promise: open, end } = openTransaction(stand);
  try {
    await open;
    await sleep(HEAD_START);
    const begun = performance.now();
    const [upMs] = await Promise.all([
      ARMS[arm](stand, stand.y(locking)).then(() => performance.now() - begun),
      sleep(OPEN_FOR).then(end),
    ]);
    const ended = performance.now();
    const answers = await requests.stop();
    const due = (from: number, to: number) => latency(answers.filter(({ at }) => at >= from && at < to));
    // The first second is that of a node that has just started.
    return { arm, rest: due(resting + 1_000, resting + REST), during: due(begun, ended), upMs };
  } finally {
    end();
    await requests.stop();
    await writing.stop();
  }
}

function openTransaction({ connect, database }: Stand): { promise: Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const promise = new Promise<void>((resolve, reject) => {
    withConnection(connect(database), async (client) => {
      await client.query('BEGIN; SELECT FROM consumers, plugins, clustering_data_planes LIMIT 1');
      resolve();
      await ended;
      await client.query('COMMIT');
    }).catch(reject);
  });
  return { promise, end: () => end() };
}

function latency(answers: readonly Answer[]): Latency {
  const ms = answers.map((one) => one.ms);
  return {
    requests: answers.length,
    failed: answers.filter(({ ok }) => !ok).length,
    p50Ms: quantile(ms, 0.5),
    p99Ms: quantile(ms, 0.99),
    longestMs: quantile(ms, 1),
  };
}
