import { activityInfo } from '@temporalio/activity';
import { AsyncCompletionClient, type Connection } from '@temporalio/client';
import type { Activities } from '../../src/activities/contract.ts';
import { createSampleLog } from '../../src/activities/sample-log.ts';
import type { Metrics } from '../../src/adapters/metrics/port.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { upgradeFolder } from '../../src/domain/upgrade.ts';
import {
  observe,
  startWatch,
  type LiveWatch,
  type NodeCounters,
  type SideReading,
} from '../../src/domain/verdict/index.ts';

/** The real worker lets a heartbeat through to the server once a second. */
const HEARTBEAT_EVERY_MS = 1_000;
/** What every node of Y answers from one sample to the next. */
const REQUESTS = 500;

export interface Feed {
  /** How long a watch is to be imitated, in milliseconds, and the time between two of its samples. */
  readonly lasting: number;
  readonly every: number;
  readonly connection: Connection;
  readonly metrics: Metrics;
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
  /** Told once it is over. */
  readonly fed: (counts: { samples: number; heartbeats: number }) => void;
}

type Watch = Activities['watchTraffic'];

/**
 * A watch with the clock turned fast: the same judgement of the same readings, the same log of samples, and every heartbeat that
 * the server would get in that time, each acknowledged by the server.
 */
export function createFeed({ lasting, every, connection, metrics, store, fed }: Feed): Watch {
  const heartbeats = new AsyncCompletionClient({ connection });
  return async ({ y, verdict: limits, weight, control, s3, upgrade, name }) => {
    const rules = { limits, weight, ...(control === undefined ? {} : { control }) };
    const samples = createSampleLog({ store, s3, key: [s3.prefix, upgradeFolder(upgrade), 'samples', name].join('/') });
    const first = await metrics.read(y);
    if (!first.readable) throw new Error(first.why);
    const start = Date.now();
    const timeOf = (index: number) => new Date(start + index * every).toISOString();
    let state = startWatch(timeOf(0));
    const counts = { samples: 0, heartbeats: 0 };
    for (let index = 0; index * every <= lasting; index += 1) {
      const reading = { at: timeOf(index), x: { readable: false, why: 'stopped' } as const, y: later(first, index) };
      const observed = observe(state, reading, rules);
      ({ state } = observed);
      if (index > 0) samples.add(observed.sample);
      counts.samples += 1;
      const details: LiveWatch = { sample: observed.sample, verdict: state.verdict, state };
      const beats = Array.from({ length: Math.ceil(every / HEARTBEAT_EVERY_MS) }, () =>
        heartbeats.heartbeat(activityInfo().taskToken, details),
      );
      counts.heartbeats += (await Promise.all(beats)).length;
    }
    fed(counts);
    const samplesKey = await samples.close(30_000);
    const result = {
      verdict: state.verdict,
      from: state.from,
      to: timeOf(lasting / every),
      weight,
      samples: state.samples,
    };
    return samplesKey === undefined ? result : { ...result, samplesKey };
  };
}

/** The same nodes, so many samples later. */
function later(side: SideReading & { readable: true }, samples: number): SideReading {
  const more = samples * REQUESTS;
  const nodes = Object.entries(side.nodes).map(([name, node]): [string, NodeCounters] => {
    const upTo = Object.entries(node.latency.upTo).map(([bound, count]) => [bound, count + more]);
    const latency = { count: node.latency.count + more, upTo: Object.fromEntries(upTo) as Record<string, number> };
    return [name, { ...node, finished: node.finished + more, answered: node.answered + more, latency }];
  });
  return { readable: true, nodes: Object.fromEntries(nodes) };
}
