import { setTimeout as sleep } from 'node:timers/promises';
import { startLoad, type Seen } from './load/index.ts';
import { SIDES, WEIGHTS, type Arm } from './arms.ts';
import type { Node, Nodes } from './nodes.ts';

/** Something that was done while clients sent. */
export interface Change {
  readonly what: string;
  /** When it began, in milliseconds since 1970. */
  readonly at: number;
  readonly tookMs: number;
}

/** One arm under load. */
export interface Run extends Seen {
  readonly perSecond: number;
  /** When the clients had settled. */
  readonly from: number;
  readonly changes: readonly Change[];
}

/** From the end of one change to the beginning of the next one: the second that counts as the change's, and some rest. */
const PAUSE = 1_750;
/** New threads of clients have pauses of tens of milliseconds of their own in their first five seconds. */
const LEAD = 8_000;

/** 0 → 5 → 25 → 50 → 100, each node of Y out, reloaded and in again, as after `finish`, and everything back to X. */
export function wholeShift(arm: Arm, nodes: Nodes, perSecond: number): Promise<Run> {
  return underLoad(arm.port, perSecond, async (change) => {
    for (const weight of WEIGHTS) await change(`${weight} %`, PAUSE, () => arm.setWeight(weight));
    for (const node of SIDES.y) {
      // Its slow requests have ended by then, and Crossfade would wait for it.
      await change(`${node} out`, PAUSE, () => arm.setOut(node, true));
      await change(`${node} reloaded`, PAUSE, () => nodes[node].reload());
      await change(`${node} in`, PAUSE, () => arm.setOut(node, false));
    }
    await change('0 %', PAUSE, () => arm.setWeight(0));
  });
}

/** What a start of Kong took at least on a machine with nothing else to do; an nginx alone takes a few milliseconds. */
const KONG_STARTS = 1_400;
/** Longer than nginx leaves out a node that failed. */
const PATIENCE = 12_000;

/** X is stopped and Y started in its place, on the same addresses; and back. Y must not run at first. */
export function replacement(port: number, x: readonly Node[], y: readonly Node[], perSecond: number): Promise<Run> {
  const replace = async (old: readonly Node[], next: readonly Node[]) => {
    await Promise.all(old.map((node) => node.quit()));
    await sleep(KONG_STARTS);
    await Promise.all(next.map((node) => node.start()));
  };
  return underLoad(port, perSecond, async (change) => {
    await change('100 %', PATIENCE, () => replace(x, y));
    await change('0 %', PATIENCE, () => replace(y, x));
  });
}

type Do = (what: string, pause: number, act: () => Promise<void>) => Promise<void>;

async function underLoad(port: number, perSecond: number, act: (change: Do) => Promise<void>): Promise<Run> {
  const load = startLoad(port, perSecond);
  const changes: Change[] = [];
  await sleep(LEAD);
  const from = Date.now();
  await sleep(PAUSE);
  await act(async (what, pause, once) => {
    const at = Date.now();
    await once();
    const tookMs = Date.now() - at;
    changes.push({ what, at, tookMs });
    await sleep(pause);
  });
  return { ...(await load.stop()), perSecond, from, changes };
}
