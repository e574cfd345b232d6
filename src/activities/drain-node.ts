import { sleep } from '@temporalio/activity';
import type { KongHttp } from '../adapters/kong/port.ts';
import type { NodeAddresses } from '../domain/plan/index.ts';
import { reportProgress } from './progress.ts';

const EVERY = 250;
/** In a row: between two short requests that still come, one look finds none. */
const IDLE_LOOKS = 3;

/** Nodes that get no new requests, after they had time to end those that they have. */
export interface Drained {
  /** What still runs, by the name of the node; a node that can't be asked is not in it. */
  readonly running: ReadonlyMap<string, number>;
  /** Whole milliseconds that are left of the limit. */
  readonly left: number;
}

/** What `status` shows meanwhile. */
interface DrainProgress {
  readonly doing: string;
  readonly node: string;
  readonly requests: number;
  readonly secondsLeft: number;
}

/**
 * Waits until nothing runs on the nodes any more, by their own figures and for more than a moment, at most `drain` milliseconds. One that can't be asked is not
 * waited for here: `kong quit` has a time-out of its own. A cancellation ends it, with Temporal's own failure.
 */
export async function drainNodes(
  http: Pick<KongHttp, 'running'>,
  { nodes, version }: { nodes: readonly NodeAddresses[]; version: string },
  drain: number,
): Promise<Drained> {
  const deadline = performance.now() + drain;
  let idle = 0;
  for (;;) {
    const running = await lookAt(http, nodes, version);
    const left = Math.max(0, Math.round(deadline - performance.now()));
    const busy = [...running].filter(([, requests]) => requests > 0);
    idle = busy.length === 0 ? idle + 1 : 0;
    if (idle === IDLE_LOOKS || left === 0) return { running, left };
    if (busy.length > 0)
      reportProgress({
        doing: 'waiting for requests to end',
        node: busy.map(([name]) => name).join(', '),
        requests: busy.reduce((sum, [, requests]) => sum + requests, 0),
        secondsLeft: Math.ceil(left / 1000),
      } satisfies DrainProgress);
    await sleep(Math.min(EVERY, left));
  }
}

async function lookAt(
  http: Pick<KongHttp, 'running'>,
  nodes: readonly NodeAddresses[],
  version: string,
): Promise<Map<string, number>> {
  const looks = await Promise.allSettled(nodes.map((node) => http.running(node, version)));
  const running = new Map<string, number>();
  for (const [index, { name }] of nodes.entries()) {
    const look = looks[index];
    if (look?.status === 'fulfilled') running.set(name, look.value);
  }
  return running;
}

/** How many were cut by a stop, of those that ran when it began; at most, where the stop can't say whether it cut any. */
export function cutBy({ cut }: { readonly cut?: boolean }, running: number | undefined): number {
  if (cut === false) return 0;
  return cut === true ? Math.max(1, running ?? 0) : (running ?? 0);
}
