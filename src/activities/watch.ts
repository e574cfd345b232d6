import { sleep } from '@temporalio/activity';
import type { Metrics } from '../adapters/metrics/port.ts';
import type { ObjectStore } from '../adapters/object-store/port.ts';
import { upgradeFolder } from '../domain/upgrade.ts';
import {
  observe,
  startWatch,
  type LiveWatch,
  type Reading,
  type WatchResult,
  type WatchState,
} from '../domain/verdict/index.ts';
import type { WatchActivities } from './contract.ts';
import { measureShare } from './measure-share.ts';
import { reportProgress, resumedProgress } from './progress.ts';
import { createSampleLog } from './sample-log.ts';

/** How long the end of a watch waits for S3 to take the last samples, in milliseconds. A retreat must not wait for it. */
const AT_THE_END = 5_000;
const WHEN_CUT_SHORT = 1_000;
/** Time between two readings, at least; milliseconds. */
const SHORTEST = 100;

export interface WatchDeps {
  readonly metrics: Metrics;
  readonly store: Pick<ObjectStore, 'get' | 'put'>;
}

export function createWatchActivities({ metrics, store }: WatchDeps): WatchActivities {
  return {
    measureShare: (input) => measureShare(metrics, input),

    async watchTraffic({ x, y, verdict: limits, weight, bake, throughBoth = false, control, s3, upgrade, name }) {
      const key = [s3.prefix, upgradeFolder(upgrade), 'samples', name].filter(Boolean).join('/');
      const samples = createSampleLog({ store, s3, key });
      const rules = { limits, weight, ...(control === undefined ? {} : { control }) };
      const read = async (): Promise<Reading> => {
        const [ofX, ofY] = await Promise.all([metrics.read(x), metrics.read(y)]);
        return { at: new Date().toISOString(), x: ofX, y: ofY };
      };
      try {
        let state = (resumedProgress() as LiveWatch | undefined)?.state;
        for (;;) {
          const reading = await read();
          const observed = observe(state ?? startWatch(reading.at), reading, rules);
          // The first reading is where counting begins.
          if (state !== undefined) samples.add(observed.sample);
          state = observed.state;
          reportProgress({ sample: observed.sample, verdict: state.verdict, state } satisfies LiveWatch);
          const times = { every: limits.every, extend: limits.extend, bake, throughBoth };
          const wait = untilNext(state, reading.at, times);
          if (wait === undefined) return toResult(state, reading.at, weight, await samples.close(patience(state)));
          await sleep(wait);
        }
      } catch (error) {
        await samples.close(WHEN_CUT_SHORT);
        throw error;
      }
    },
  };
}

interface Times {
  readonly every: number;
  readonly extend: number;
  readonly bake: number | undefined;
  readonly throughBoth: boolean;
}

/** Milliseconds until the next reading; `undefined` when the watch is over. */
function untilNext({ from, verdict: { verdict, both } }: WatchState, at: string, times: Times): number | undefined {
  const every = Math.max(SHORTEST, times.every);
  if (verdict === 'fail' || (both === true && !times.throughBoth)) return undefined;
  if (times.bake === undefined) return every;
  const left = times.bake - (Date.parse(at) - Date.parse(from));
  if (left > 0) return Math.min(every, left);
  if (verdict === 'pass' || left + times.extend <= 0) return undefined;
  return Math.min(every, left + times.extend);
}

const patience = ({ verdict: { verdict, both } }: WatchState): number =>
  verdict === 'fail' || both === true ? WHEN_CUT_SHORT : AT_THE_END;

function toResult(state: WatchState, to: string, weight: number, samplesKey: string | undefined): WatchResult {
  return {
    verdict: state.verdict,
    from: state.from,
    to,
    weight,
    ...(samplesKey === undefined ? {} : { samplesKey }),
    samples: state.samples,
  };
}
