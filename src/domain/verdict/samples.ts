import { mergeFigures } from './figures.ts';
import type { Sample } from './types.ts';

/** So many samples of one watch are kept. */
const MOST_SAMPLES = 1_000;

/** Adds samples. When there are too many, two neighbours of the older half become one: a day stays small, the last hour fine. */
export function addSamples(list: readonly Sample[], added: readonly Sample[]): readonly Sample[] {
  const all = [...list, ...added];
  if (all.length <= MOST_SAMPLES) return all;
  const half = Math.floor(all.length / 4) * 2;
  const older = all.slice(0, half).flatMap((sample, index) => {
    const next = all[index + 1];
    return index % 2 === 0 && next !== undefined ? [merge(sample, next)] : [];
  });
  return addSamples(older, all.slice(half));
}

function merge(a: Sample, b: Sample): Sample {
  const [x, y] = [mergeSides(a.x, b.x), mergeSides(a.y, b.y)];
  return { at: b.at, weight: b.weight, ...(x === undefined ? {} : { x }), ...(y === undefined ? {} : { y }) };
}

const mergeSides = (a: Sample['x'], b: Sample['x']) => (a === undefined ? b : b === undefined ? a : mergeFigures(a, b));
