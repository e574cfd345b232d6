// One thread of clients. Begins at once; ends at the first message, and posts a `Report`.
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createClient, type Closed } from './client.ts';
import { createLog, type Kind, type Packed } from './request.ts';

export interface Job {
  readonly port: number;
  readonly clients: Readonly<Record<Kind, number>>;
  /** Milliseconds between two requests of a client that is not slow; 0: as fast as they are answered. */
  readonly every: number;
}

export interface Report {
  readonly requests: Packed;
  readonly closed: Closed;
  /** Of the time of this thread, the share in which it was at work. */
  readonly busy: number;
}

/** How long the service behind the nodes takes for a slow request, in milliseconds. */
const LEAST_SLOW = 200;
const MOST_SLOW = 1_000;

const { port, clients, every } = workerData as Job;
const log = createLog();
const since1970 = Date.now() - performance.now();
let running = true;

async function run(kind: Kind, number: number): Promise<Closed> {
  const client = createClient(port, kind !== 'new-connection');
  const method = number % 2 === 0 ? 'GET' : 'POST';
  let due = performance.now() + Math.random() * every;
  for (;;) {
    const wait = due - performance.now();
    if (wait > 0) await sleep(wait);
    if (!running) break;
    const sent = performance.now();
    // Whoever was held up by his request before is late: that counts, as it does for those who come in a steady stream.
    const from = wait > 0 ? sent : due;
    const slow = kind === 'slow' ? Math.round(LEAST_SLOW + Math.random() * (MOST_SLOW - LEAST_SLOW)) : undefined;
    const outcome = await client.send(method, slow === undefined ? '/' : `/slow?ms=${slow}`);
    log.add({ kind, sentAt: since1970 + sent, ms: performance.now() - from, ...outcome });
    if (slow !== undefined) due = Math.max(sent + slow, performance.now());
    else due = every === 0 ? performance.now() : due + every;
    // Who is refused at once, and sends as fast as he can, must not keep the others of his thread from everything.
    if (every === 0 && outcome.fault !== 'none') await sleep(1);
  }
  client.stop();
  return client.closed;
}

const before = performance.eventLoopUtilization();
const all = Object.entries(clients).flatMap(([kind, count]) =>
  Array.from({ length: count }, (_, number) => run(kind as Kind, number)),
);
if (parentPort === null) throw new Error('to be run as a thread');
await once(parentPort, 'message');
running = false;
const { utilization } = performance.eventLoopUtilization(before);
const closed = { idle: 0, announced: 0 };
for (const one of await Promise.all(all)) {
  closed.idle += one.idle;
  closed.announced += one.announced;
}
const packed = log.packed();
parentPort.postMessage({ requests: packed, closed, busy: utilization } satisfies Report, [packed.buffer]);
parentPort.close();
