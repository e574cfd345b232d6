import { setTimeout as sleep } from 'node:timers/promises';

/** All traffic back to X, once. Milliseconds from the call. */
export interface Rollback {
  /** What was gone back from, in percent of Y. */
  readonly from: number;
  /** Until the driver has read back that X has everything. */
  readonly readBack: number;
  /** Until the last request that Y began, or the last question that was answered with an address of Y; 0 if there was none. */
  readonly lastOnY?: number;
  /** Until no client uses Y any more, if each keeps an answer for as long as it says. */
  readonly cached?: number;
}

/** Where the traffic goes back to X, and how. */
export interface Measured {
  readonly name: string;
  /** What happened at the balancer's own end: how it is told in the table. */
  readonly lastOnYIs?: string;
  readonly rollbacks: readonly Rollback[];
}

export interface Mover {
  setWeight(weight: number): Promise<void>;
}

/** Goes to each weight and back. Moments are in milliseconds since 1970. */
export async function rollBackFrom(
  mover: Mover,
  weights: readonly number[],
  { before, after }: { readonly before: number; readonly after: number },
): Promise<{ from: number; at: number; readBack: number }[]> {
  const done = [];
  for (const from of weights) {
    await mover.setWeight(from);
    await sleep(before);
    const at = Date.now();
    const begun = performance.now();
    await mover.setWeight(0);
    done.push({ from, at, readBack: performance.now() - begun });
    await sleep(after);
  }
  return done;
}

/** The last of these moments from one rollback until the next one, as milliseconds from it. */
export const lastFrom = (moments: readonly number[], at: number, until: number): number =>
  moments.reduce((last, one) => (one >= at && one < until && one - at > last ? one - at : last), 0);

/** So many, taken from these in turn. */
export const cycle = (weights: readonly number[], count: number): number[] =>
  Array.from({ length: count }, (_, index) => weights[index % weights.length] ?? 100);
