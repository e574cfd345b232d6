import type { VerdictPlan } from '../plan/index.ts';
import { addTallies, NOTHING, tallyBetween, type NodesCounters, type SideReading, type Tally } from './counters.ts';
import { backgroundOf, toFigures } from './figures.ts';
import { judge } from './judge.ts';
import type { Reason, Sample, SideFigures, Verdict } from './types.ts';

/** Both sides at one moment. */
export interface Reading {
  /** ISO 8601. */
  readonly at: string;
  readonly x: SideReading;
  readonly y: SideReading;
}

/** What a watch knows. Plain JSON and small: it travels as heartbeat details, so that the next attempt goes on from it. */
export interface WatchState {
  /** Time of the first reading, ISO 8601. */
  readonly from: string;
  /** The last reading of each side that worked. */
  readonly last: Readonly<Partial<Record<'x' | 'y', { readonly at: string; readonly nodes: NodesCounters }>>>;
  readonly whole: Pair;
  /** Two stretches in turn, each of at least `minRequests` on Y once it is over: together what happened lately. */
  readonly before: Pair;
  readonly lately: Pair;
  /** Readings in a row that failed. */
  readonly failing: number;
  /** Readings in a row at which both sides failed. */
  readonly bothFailing: number;
  readonly samples: number;
  readonly verdict: Verdict;
}

type Pair = Readonly<Record<'x' | 'y', Tally>>;

export interface WatchRules {
  readonly limits: VerdictPlan;
  /** Percent of the traffic that goes to Y. */
  readonly weight: number;
  /** X's last window, for the time when X has no traffic. */
  readonly control?: SideFigures;
}

const NOTHING_YET: Pair = { x: NOTHING, y: NOTHING };

export function startWatch(at: string): WatchState {
  const reasons = [{ metric: 'requests', text: 'Nothing was measured yet.' }] as const;
  return {
    from: at,
    last: {},
    whole: NOTHING_YET,
    before: NOTHING_YET,
    lately: NOTHING_YET,
    failing: 0,
    bothFailing: 0,
    samples: 0,
    verdict: { verdict: 'inconclusive', control: 'none', reasons },
  };
}

/**
 * Takes one reading in. Three stretches of time are judged: the whole watch, the last few hundred requests (a fault that
 * comes late must not drown in a long good time), and the time since the reading before (a total failure must show at
 * once). One that fails makes the reading fail; so many failing readings in a row as the plan says make the verdict `fail`. Likewise
 * with both sides: what happens now counts there, not what the whole watch has seen.
 */
export function observe(state: WatchState, reading: Reading, rules: WatchRules): { state: WatchState; sample: Sample } {
  const step: Pair = { x: since(state, reading, 'x'), y: since(state, reading, 'y') };
  const whole = add(state.whole, step);
  const full = toFigures(state.lately.y).requests >= rules.limits.minRequests;
  const [before, lately] = full ? [state.lately, step] : [state.before, add(state.lately, step)];

  const blind = blindness(reading, rules.weight);
  const ofWhole = judgePair(whole, rules);
  const recent = [add(before, lately), step].map((pair) => judgePair(pair, rules));
  const { x, y } = reading;
  const failed = y.readable ? [ofWhole, ...recent].find(({ verdict }) => verdict === 'fail') : undefined;
  const goesOn = failed === undefined && x.readable && step.y.errors > 0;
  const shared = goesOn ? recent.find(({ both }) => both) : undefined;
  const failing = inARow(state.failing, failed, y.readable);
  const bothFailing = inARow(state.bothFailing, shared, y.readable && x.readable);

  const next = { from: state.from, last: lastOf(state, reading), whole, before, lately, failing, bothFailing };
  const confirmed = (failed !== undefined ? failing : bothFailing) >= rules.limits.failures;
  const verdict = conclude(failed ?? shared, ofWhole, { confirmed, blind });
  return { state: { ...next, samples: state.samples + 1, verdict }, sample: toSample(reading, step, rules) };
}

/** A reading that shows nothing says nothing against those before it. */
const inARow = (before: number, found: Verdict | undefined, readable: boolean): number =>
  found !== undefined ? before + 1 : readable ? 0 : before;

/**
 * A side that can't be read is named whatever the verdict is, and leaves no pass: that is lack of evidence.
 *
 * @param bad a verdict on this reading that fails Y, or both sides
 */
function conclude(
  bad: Verdict | undefined,
  ofWhole: Verdict,
  { confirmed, blind }: { confirmed: boolean; blind: readonly string[] },
): Verdict {
  const unread = blind.map((text): Reason => ({ metric: 'metrics', text }));
  const { both, ...found } = bad ?? ofWhole;
  // Not yet confirmed by a second reading: no failure, and no pass either.
  if (bad !== undefined && confirmed)
    return { ...found, ...(both === undefined ? {} : { both }), reasons: [...found.reasons, ...unread] };
  if (bad === undefined && unread.length === 0) return found;
  const reasons = bad === undefined ? [...unread, ...found.reasons] : [...found.reasons, ...unread];
  return { ...found, verdict: 'inconclusive', reasons };
}

/** Sides that get traffic and can't be read. A stopped X without traffic is none. */
function blindness({ x, y }: Reading, weight: number): string[] {
  return [
    ...(x.readable || weight === 100 ? [] : [`X's metrics can't be read: ${x.why}`]),
    ...(y.readable ? [] : [`Y's metrics can't be read: ${y.why}`]),
  ];
}

function judgePair({ x, y }: Pair, { limits, weight, control }: WatchRules): Verdict {
  const ofY = toFigures(y, backgroundOf(x));
  if (weight < 100) return judge({ x: toFigures(x), y: ofY, control: 'x', limits });
  return judge({
    ...(control === undefined ? {} : { x: control }),
    y: ofY,
    control: control === undefined ? 'none' : 'x-last',
    limits,
  });
}

function since({ last }: WatchState, reading: Reading, side: 'x' | 'y'): Tally {
  const [then, now] = [last[side], reading[side]];
  if (then === undefined || !now.readable) return NOTHING;
  // A clock that was set back must not make time run backwards.
  const seconds = Math.max(0.001, (Date.parse(reading.at) - Date.parse(then.at)) / 1000);
  return tallyBetween(then.nodes, now.nodes, seconds);
}

function lastOf({ last }: WatchState, { at, x, y }: Reading): WatchState['last'] {
  return {
    ...last,
    ...(x.readable ? { x: { at, nodes: x.nodes } } : {}),
    ...(y.readable ? { y: { at, nodes: y.nodes } } : {}),
  };
}

function toSample({ at, x, y }: Reading, step: Pair, { weight }: WatchRules): Sample {
  return {
    at,
    weight,
    ...(x.readable ? { x: toFigures(step.x) } : {}),
    ...(y.readable ? { y: toFigures(step.y, backgroundOf(step.x)) } : {}),
  };
}

const add = (a: Pair, b: Pair): Pair => ({ x: addTallies(a.x, b.x), y: addTallies(a.y, b.y) });
