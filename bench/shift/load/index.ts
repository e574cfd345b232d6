import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Closed } from './client.ts';
import { unpack, type Kind, type Request } from './request.ts';
import type { Job, Report } from './thread.ts';

/** What all clients saw. */
export interface Seen {
  readonly requests: readonly Request[];
  readonly closed: Closed;
  /** Of the busiest thread of clients: near 1, it is the clients that are measured. */
  readonly busiest: number;
}

export interface Load {
  /** Sends no more, waits for the last answers. */
  stop(): Promise<Seen>;
}

/** Per thread. Half of each kind send POST, which no balancer may send again. */
const CLIENTS: Readonly<Record<Kind, number>> = { 'keep-alive': 40, 'new-connection': 20, slow: 10 };
/** One thread for each core of a small machine: the clients must not be slower than what they measure. */
const THREADS = 2;
/** Of what can be served. */
export const SHARE = 0.7;

/** Requests per second of all clients that are not slow; without: as many as are answered. */
export function startLoad(port: number, perSecond?: number): Load {
  const steady = (CLIENTS['keep-alive'] + CLIENTS['new-connection']) * THREADS;
  const every = perSecond === undefined ? 0 : (1_000 * steady) / perSecond;
  const job: Job = { port, clients: CLIENTS, every };
  const threads = Array.from({ length: THREADS }, () => {
    const worker = new Worker(new URL('thread.ts', import.meta.url), { workerData: job });
    const report = once(worker, 'message') as Promise<[Report]>;
    // Nobody may be waiting yet when a thread fails.
    report.catch(() => undefined);
    return { worker, report };
  });
  return {
    async stop() {
      for (const { worker } of threads) worker.postMessage('stop');
      const reports = (await Promise.all(threads.map(({ report }) => report))).map(([report]) => report);
      const sum = (of: keyof Closed) => reports.reduce((total, { closed }) => total + closed[of], 0);
      return {
        requests: reports.flatMap(({ requests }) => unpack(requests)),
        closed: { idle: sum('idle'), announced: sum('announced') },
        busiest: Math.max(...reports.map(({ busy }) => busy)),
      };
    },
  };
}

const WARM_UP = 2_000;
const SECONDS = 5;

/**
 * Requests per second that are not slow ones, with all clients as fast as they are answered: in the slowest of some seconds, because a
 * share of what is served only now and then is more than can always be served. Error if a request fails.
 */
export async function measureCapacity(port: number): Promise<number> {
  const load = startLoad(port);
  await sleep(WARM_UP);
  const from = Date.now();
  await sleep(1_000 * SECONDS);
  const { requests } = await load.stop();
  const failed = requests.filter(({ fault }) => fault !== 'none');
  if (failed.length > 0)
    throw new Error(`${failed.length} requests failed before anything was changed: ${failed[0]?.fault}`);
  const inSecond = new Array<number>(SECONDS).fill(0);
  for (const { kind, sentAt } of requests) {
    const second = Math.floor((sentAt - from) / 1_000);
    if (kind !== 'slow' && second >= 0 && second < SECONDS) inSecond[second] = (inSecond[second] ?? 0) + 1;
  }
  return Math.min(...inSecond);
}
