import { MockActivityEnvironment } from '@temporalio/testing';
import type { Metrics } from '../../src/adapters/metrics/port.ts';
import type { ObjectStore } from '../../src/adapters/object-store/port.ts';
import { CrossfadeError } from '../../src/domain/errors/index.ts';
import type { Plan, Side } from '../../src/domain/plan/index.ts';
import type { LiveWatch, SideReading } from '../../src/domain/verdict/index.ts';
import { kongNode, upgrade } from '../traffic/setup.ts';
import { counters, limits } from '../verdict/figures.ts';

export const x = { nodes: [kongNode('x1', 1)] } as unknown as Side;
export const y = { nodes: [kongNode('y1', 2)] } as unknown as Side;

export interface Rates {
  /** Requests per reading. */
  readonly perReading: number;
  /** Of 100 requests, those that Y answers with 5xx. */
  readonly errors: number;
  /** The same of X. */
  readonly errorsOfX: number;
  /** Percent of the traffic that really goes to Y. */
  readonly weight: number;
  readonly readable: boolean;
}

/** Counters that grow with each reading. `change` sets how, from the next one on. */
export function fakeMetrics(first: Partial<Rates> = {}) {
  let rates: Rates = { perReading: 1_000, errors: 0, errorsOfX: 0, weight: 50, readable: true, ...first };
  const served = { x: 0, y: 0, errors: 0, errorsOfX: 0 };
  let readings = 0;
  const metrics: Metrics = {
    async read(side): Promise<SideReading> {
      if (!rates.readable) return { readable: false, why: 'Nothing answers.' };
      if (side === x) {
        const toX = (rates.perReading * (100 - rates.weight)) / 100;
        served.x += toX;
        served.errorsOfX += (toX * rates.errorsOfX) / 100;
        return { readable: true, nodes: { x1: counters(served.x, { errors: Math.round(served.errorsOfX) }) } };
      }
      const toY = (rates.perReading * rates.weight) / 100;
      served.y += toY;
      served.errors += (toY * rates.errors) / 100;
      readings += 1;
      return { readable: true, nodes: { y1: counters(served.y, { errors: Math.round(served.errors) }) } };
    },
  };
  return {
    metrics,
    readings: () => readings,
    change: (next: Partial<Rates>) => void (rates = { ...rates, ...next }),
  };
}

/** S3 in memory. `broken`: it refuses; `hanging`: it never answers. */
export function fakeStore(state: 'fine' | 'broken' | 'hanging' = 'fine') {
  const objects = new Map<string, string>();
  const trouble = async (signal?: AbortSignal) => {
    if (state === 'broken') throw new CrossfadeError('S3Unreachable', 'S3 does not answer.');
    if (state === 'hanging')
      await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))));
  };
  const store: Pick<ObjectStore, 'get' | 'put'> = {
    async put(_s3, key, body, options) {
      await trouble(options?.signal);
      let text = '';
      for await (const part of body) text += new TextDecoder().decode(part);
      objects.set(key, text);
      return { size: text.length, sha256: '' };
    },
    async get(_s3, key, signal) {
      await trouble(signal);
      const text = objects.get(key);
      if (text === undefined) throw new CrossfadeError('ObjectMissing', `${key} is not there.`);
      return (async function* () {
        yield new TextEncoder().encode(text);
      })();
    },
  };
  const lines = (key: string) => (objects.get(key) ?? '').split('\n').filter(Boolean);
  return { store, objects, lines };
}

export const input = {
  x,
  y,
  verdict: { ...limits, every: 100, extend: 0 },
  weight: 50,
  s3: { bucket: 'backups', prefix: 'crossfade', region: 'r', pathStyle: true } satisfies Plan['backup']['s3'],
  upgrade: upgrade('run-1'),
  name: 'shift-50',
};
export const SAMPLES = 'crossfade/test/2026-01-01T00-00-00-000Z_run-1/samples/shift-50.jsonl';

/** An activity's surroundings, and what it sent as heartbeat details. */
export function activity(resumed?: LiveWatch) {
  const env = new MockActivityEnvironment(
    resumed === undefined ? { heartbeatTimeoutMs: 3_000 } : { heartbeatTimeoutMs: 3_000, heartbeatDetails: resumed },
  );
  const heartbeats: LiveWatch[] = [];
  env.on('heartbeat', (details: LiveWatch) => heartbeats.push(details));
  const run = <I, O>(work: (input: I) => Promise<O>, given: I): Promise<O> => env.run(work, given) as Promise<O>;
  return { run, heartbeats, cancel: () => env.cancel() };
}
