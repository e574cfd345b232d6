import { expect } from 'vitest';
import { waitFor } from '../../sandbox/wait-for.ts';
import type { TrafficRouter } from '../../src/adapters/traffic/port.ts';
import { startMixedLoad } from './load.ts';
import type { TestNode } from './node.ts';
import { upgrade } from './setup.ts';

export interface UnderLoad {
  /** Where the balancer takes requests. */
  readonly port: number;
  readonly router: Required<Pick<TrafficRouter, 'set' | 'setOut'>>;
  readonly weights: readonly number[];
  readonly y: readonly TestNode[];
}

/**
 * A whole shift to Y, each node of Y out, reloaded and in again, and everything back to X, under about 70 % of what can be served. No
 * client ever tries again.
 *
 * @returns how many kept connections of clients were closed while they were idle
 */
export async function shiftUnderLoad({ port, router, weights, y }: UnderLoad): Promise<number> {
  const run = upgrade('under load');
  let epoch = 1_000;
  const set = (weight: number) => router.set({ upgrade: run, weight, epoch: ++epoch });
  await set(0);
  const load = await startMixedLoad(port);
  const someRequests = async () => {
    const enough = load.total() + load.perSecond * 0.6;
    await waitFor('some hundred requests', () => load.total() >= enough);
  };
  await someRequests();
  for (const weight of weights) {
    await set(weight);
    await someRequests();
  }
  for (const node of y) {
    await router.setOut({ upgrade: run, node: node.name, out: true, epoch: ++epoch });
    await node.idle();
    const before = node.served;
    node.reload();
    await someRequests();
    expect(node.served).toBe(before);
    await router.setOut({ upgrade: run, node: node.name, out: false, epoch: ++epoch });
    await someRequests();
    expect(node.served).toBeGreaterThan(before);
  }
  await set(0);
  await someRequests();
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(Math.min(load.of('keep-alive'), load.of('new-connection'), load.of('slow'))).toBeGreaterThan(20);
  return load.idleClosed();
}
