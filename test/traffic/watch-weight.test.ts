import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, test } from 'vitest';
import { watchWeight } from '../../src/activities/watch-weight.ts';
import type { TrafficState } from '../../src/domain/traffic/state.ts';
import type { Balancer } from '../../src/domain/traffic/balancers.ts';
import { upgrade } from '../kong-adapter/fixture.ts';

const at = { name: 'edge' } as Balancer;
const ours = (weight: number): TrafficState => ({ weight, out: [], epoch: 1, by: upgrade().runId });

/** The answers of a balancer, one for each look; the last one stays. */
function watch(answers: readonly (TrafficState | Error)[], until: 'silent' | 'heard', silent?: number) {
  const left = [...answers];
  const current = (): Promise<TrafficState> => {
    const next = left.length > 1 ? left.shift() : left[0];
    return next instanceof Error || next === undefined ? Promise.reject(next as Error) : Promise.resolve(next);
  };
  const look = { at, upgrade: upgrade(), weight: 25, every: 1, until };
  return new MockActivityEnvironment().run(() => watchWeight({ current }, look, silent));
}
const away = new Error('nobody answers on 127.0.0.1:1');

test('a balancer that does not answer for a while is told with why; a moment without an answer is nothing', async () => {
  expect(await watch([ours(25), away, ours(25), away], 'silent', 40)).toEqual({ why: away.message });
});

test('one that fell silent is heard again', async () => {
  expect(await watch([away, away, ours(25)], 'heard')).toEqual({ why: away.message });
});

test('another weight is a change of somebody else, whatever is waited for', async () => {
  for (const until of ['silent', 'heard'] as const)
    await expect(watch([away, ours(60)], until)).rejects.toMatchObject({
      code: 'ForeignChange',
      message: /^edge: 25 % on Y/,
    });
});
