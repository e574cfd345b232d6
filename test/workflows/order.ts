import { expect } from 'vitest';
import type { Call, World } from '../support/fake-activities-world.ts';

/** Keys in order; those in an inner list may come in any order among themselves. */
export type Order = readonly (string | readonly string[])[];

const aside = ({ name }: Call): boolean => name === 'notify' || name === 'writeReport';

/** Goes on beside something else. */
export const looksOn = ({ name }: Call): boolean => ['watchTraffic', 'watchWeight', 'awaitNodes'].includes(name);

/** What was done, without what only tells people, and without what looks on. */
export const acts = ({ calls }: World, from = 0): string[] =>
  calls
    .slice(from)
    .filter((call) => !aside(call) && !looksOn(call))
    .map(({ key }) => key);

/** The calls were exactly these, in this order. */
export function expectOrder(actual: readonly string[], expected: Order): void {
  let at = 0;
  const inGroups = expected.map((one) => {
    const size = typeof one === 'string' ? 1 : one.length;
    const group = actual.slice(at, (at += size));
    return typeof one === 'string' ? group[0] : [...group].sort();
  });
  const rest = actual.slice(at);
  expect([...inGroups, ...rest]).toEqual(expected.map((one) => (typeof one === 'string' ? one : [...one].sort())));
}

const UNDOS = ['startNodes:x', 'setWeight:0', 'stopNodes:y', 'thawConfiguration', 'runUserCommands'];

/** The calls that undo, in order. Only for plans without `freeze.before` and runs that did not thaw by themselves. */
export const undone = ({ calls }: World): Call[] => calls.filter(({ key }) => UNDOS.includes(key));
export const undoneKeys = (world: World): string[] => undone(world).map(({ key }) => key);

/** No act that began before an undo was still running when the undo began. */
export function expectNoOverlap(world: World, undos = undone(world)): void {
  for (const undo of undos) {
    const overlapping = world.calls.filter((call) => !aside(call) && !looksOn(call) && call.began < undo.began);
    for (const call of overlapping)
      expect(call.ended ?? Infinity, `${call.key} was still running when ${undo.key} began`).toBeLessThan(undo.began);
  }
}
