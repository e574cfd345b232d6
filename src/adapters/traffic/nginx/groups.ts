/** With more nodes than this, nginx gets no group for each combination of nodes out, but only for each single one. */
const MOST_FOR_EVERY_COMBINATION = 4;

/**
 * The combinations of nodes of one side that can be out together, as positions in the list. Never all of them: a side
 * without a node would answer nothing but errors, so then its full group is used.
 */
export function outCombinations(count: number): readonly (readonly number[])[] {
  if (count > MOST_FOR_EVERY_COMBINATION) return range(count).map((position) => [position]);
  return range(2 ** count)
    .map((bits) => range(count).filter((position) => (bits >> position) % 2 === 1))
    .filter((positions) => positions.length > 0 && positions.length < count);
}

/** Whether nginx has a group for exactly these nodes out; none out and all out are the full group. */
export function canBeOut(nodes: readonly string[], out: readonly string[]): boolean {
  const positions = nodes.flatMap((name, position) => (out.includes(name) ? [position] : []));
  if (positions.length === 0 || positions.length === nodes.length) return true;
  return outCombinations(nodes.length).some((one) => one.join() === positions.join());
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
