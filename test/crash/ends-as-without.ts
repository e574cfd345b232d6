import { expect } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { again } from './again.ts';
import type { Copies } from './databases.ts';
import { liveUntil, type Step } from './mortal.ts';
import { stateOf } from './state.ts';

interface Act {
  readonly copies: Copies;
  /** What is true before the act. */
  begin(database: DatabaseRef): Promise<unknown>;
  act(database: DatabaseRef): Promise<unknown>;
}

const SIDE_BY_SIDE = 3;

/**
 * The worker is killed at each line of an act, one after the other, each time on a new copy; the next worker does the act again.
 * Whatever the line, it ends in the same state as without. Returns the lines.
 */
export async function endsAsWithout(all: Act): Promise<string[]> {
  const { copies, begin, act } = all;
  const undisturbed = await copies.copy();
  await begin(undisturbed);
  const { steps } = await liveUntil(Infinity, () => act(undisturbed));
  const wanted = await stateOf(undisturbed);

  const left = firstAndLastOfEachLine(steps);
  const killOneAfterTheOther = async (): Promise<void> => {
    for (let step = left.shift(); step !== undefined; step = left.shift()) await killAt(all, steps, step, wanted);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, killOneAfterTheOther));
  return [...new Set(steps.map(({ line }) => line))];
}

async function killAt(
  { copies, begin, act }: Act,
  steps: readonly Step[],
  step: number,
  wanted: unknown,
): Promise<void> {
  const { line, text } = steps[step] as Step;
  const when = `killed before step ${step + 1} of ${steps.length}, ${line}: ${text}`;
  const database = await copies.copy();
  await begin(database);
  const { died } = await liveUntil(step + 1, () => act(database));
  expect(died, when).toBe(true);
  await again(() => act(database));
  expect(await stateOf(database), when).toEqual(wanted);
  await copies.drop(database);
}

/** A line that is run once per table says little in between. */
function firstAndLastOfEachLine(steps: readonly Step[]): number[] {
  const lines = steps.map(({ line }) => line);
  return lines.flatMap((line, at) => (lines.indexOf(line) === at || lines.lastIndexOf(line) === at ? [at] : []));
}
