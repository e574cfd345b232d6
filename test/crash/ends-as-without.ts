import { expect } from 'vitest';
import type { DatabaseRef } from '../../src/domain/plan/index.ts';
import { again } from './again.ts';
import type { Copies } from './databases.ts';
import { liveUntil, type Moment, type Step } from './mortal.ts';
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
  const { steps } = await liveUntil(undefined, () => act(undisturbed));
  const wanted = await stateOf(undisturbed);

  const left = firstAndLastOfEachLine(steps);
  const killOneAfterTheOther = async (): Promise<void> => {
    for (let moment = left.shift(); moment !== undefined; moment = left.shift()) await killAt(all, moment, wanted);
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, killOneAfterTheOther));
  return [...new Set(steps.map(({ line }) => line))];
}

async function killAt({ copies, begin, act }: Act, moment: Moment & Step, wanted: unknown): Promise<void> {
  const { line, nth, text } = moment;
  const when = `killed before ${line} for the ${nth}. time: ${text}`;
  const database = await copies.copy();
  await begin(database);
  const { died } = await liveUntil(moment, () => act(database));
  // How often it looks how far a command is, is a matter of time: a last look may not come.
  expect(died || nth > 1, when).toBe(true);
  await again(() => act(database));
  expect(await stateOf(database), when).toEqual(wanted);
  await copies.drop(database);
}

/** A line that is run once per table says little in between. */
function firstAndLastOfEachLine(steps: readonly Step[]): (Moment & Step)[] {
  const moments = steps.map((step, at) => {
    return { ...step, nth: steps.slice(0, at + 1).filter(({ line }) => line === step.line).length };
  });
  const last = new Map(moments.map(({ line, nth }) => [line, nth]));
  return moments.filter(({ line, nth }) => nth === 1 || nth === last.get(line));
}
