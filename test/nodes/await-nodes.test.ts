import { expect, test } from 'vitest';
import { createClusterActivities } from '../../src/activities/cluster.ts';
import type { KongHttp } from '../../src/adapters/kong/port.ts';
import { waitFor } from '../../sandbox/wait-for.ts';
import { nodeAt, quietEnvironment, sideOf } from '../kong-adapter/fixture.ts';
import { http } from './fixture.ts';

const cluster = sideOf('3.6.1', [nodeAt('x1', '/x1', [1, 2, 3]), nodeAt('x2', '/x2', [4, 5, 6])]);

/** Nodes that are as the test says, `down` for so many looks; one attempt of the activity, and what it reports. */
function nodes(down: Record<string, string> = {}, forLooks = Infinity) {
  let looks = 0;
  const version: Record<string, string> = {};
  const fake: KongHttp = {
    ...http,
    async ready({ name }) {
      if (name === 'x1') looks += 1;
      const reason = looks > forLooks ? undefined : down[name];
      return reason === undefined ? { ready: true } : { ready: false, reason };
    },
    root: async ({ name }) => ({ version: version[name] ?? '3.6.1', nodeId: name, configuration: {}, workers: [] }),
  };
  const environment = quietEnvironment();
  const reported: object[] = [];
  environment.on('heartbeat', (details: object) => void reported.push(details));
  const { awaitNodes } = createClusterActivities({ http: fake });
  return {
    down,
    version,
    reported,
    looks: () => looks,
    cancel: () => environment.cancel(),
    run: (whole: boolean, every = 20) => environment.run(() => awaitNodes({ cluster, whole, every })),
  };
}

test('a whole side is looked at until a node is not ready three times in a row; each look is reported', async () => {
  const x = nodes();
  const running = x.run(false);
  await waitFor('some looks', () => x.looks() >= 3);
  expect(x.reported[0]).toEqual({ notReady: {} });
  x.down['x2'] = 'database not reachable';
  const before = x.looks();
  expect(await running).toEqual({ notReady: { x2: 'database not reachable' } });
  expect(x.looks() - before).toBeGreaterThanOrEqual(3);
  expect(x.reported.at(-1)).toEqual({ notReady: { x2: 'database not reachable' } });
});

test('one look, or two, may fail by chance', async () => {
  const x = nodes({ x1: 'no answer in time' }, 2);
  const running = x.run(false);
  await waitFor('more looks', () => x.reported.length >= 6);
  expect(x.reported.slice(1, 4)).toEqual([
    { notReady: { x1: 'no answer in time' } },
    { notReady: {} },
    { notReady: {} },
  ]);
  x.cancel();
  await expect(running).rejects.toThrow(/cancel/i);
});

test('a node of another version is not one of the side', async () => {
  const x = nodes();
  x.version['x2'] = '3.7.1';
  expect(await x.run(false)).toEqual({ notReady: { x2: expect.stringContaining('Kong 3.7.1') } });
});

test('a side that is too small is looked at until it is whole', async () => {
  const x = nodes({ x1: 'gone', x2: 'gone' });
  const running = x.run(true);
  await waitFor('many looks', () => x.looks() >= 5);
  delete x.down['x1'];
  await waitFor('one is missing still', () => 'x2' in ((x.reported.at(-1) as { notReady: object }).notReady ?? {}));
  delete x.down['x2'];
  expect(await running).toEqual({ notReady: {} });
});

test('cancelled between two looks, it ends at once', async () => {
  for (const whole of [true, false]) {
    const x = nodes(whole ? { x1: 'gone' } : {});
    const running = x.run(whole, 3_600_000);
    await waitFor('a look', () => x.reported.length > 0);
    x.cancel();
    await expect(running).rejects.toThrow(/cancel/i);
  }
});
