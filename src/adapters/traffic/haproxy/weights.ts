/** HAProxy's weights are whole numbers from 0 to this. */
const MOST = 256;
/** Points of percent by which the share that whole numbers make may differ from the one that is wanted. */
const TOLERANCE = 0.2;
/** Where several pairs are equally good: the one that reads like percents. */
const READABLE_SUM = 100;

/** What each side has: how many nodes, or the weight of each of its nodes. */
export interface BothSides {
  readonly x: number;
  readonly y: number;
}

/**
 * The weight of each node of X and of Y that makes Y's share. `undefined` if no pair comes near: one percent on five nodes beside
 * a single one of X would need weights below 1.
 *
 * @param share percent of Y
 * @param nodes how many are in service
 */
export function weightsFor(share: number, nodes: BothSides): BothSides | undefined {
  if (share === 0) return { x: READABLE_SUM, y: 0 };
  if (share === 100) return { x: 0, y: READABLE_SUM };
  let best: { pair: BothSides; error: number } | undefined;
  for (let x = 1; x <= MOST; x++) {
    const ideal = Math.round((share * nodes.x * x) / ((100 - share) * nodes.y));
    const pair = { x, y: Math.min(Math.max(ideal, 1), MOST) };
    const error = Math.abs(shareOf({ x: nodes.x * pair.x, y: nodes.y * pair.y }) - share);
    if (best === undefined || error < best.error - 1e-9 || (error < best.error + 1e-9 && readsBetter(pair, best.pair)))
      best = { pair, error };
  }
  return best !== undefined && best.error <= TOLERANCE ? best.pair : undefined;
}

/** Percent of Y, as it is. */
export const shareOf = ({ x, y }: BothSides): number => (y === 0 ? 0 : (100 * y) / (x + y));

/**
 * Percent of Y as a plan would say it: a whole number where the weights make it as well as they can. Anything else is no weight of a plan
 * (somebody set it), and is told with two decimals.
 *
 * @param total the sum of the weights of each side's nodes in service
 */
export function readShare(total: BothSides): number {
  const exact = shareOf(total);
  if (exact === 0 || exact === 100) return exact;
  const whole = Math.min(Math.max(Math.round(exact), 1), 99);
  if (Math.abs(exact - whole) <= TOLERANCE) return whole;
  return Math.round(exact * 100) / 100;
}

const readsBetter = (a: BothSides, b: BothSides) =>
  Math.abs(a.x + a.y - READABLE_SUM) < Math.abs(b.x + b.y - READABLE_SUM);
