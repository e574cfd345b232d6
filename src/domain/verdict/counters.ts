/** What one node has counted since it started. */
export interface NodeCounters {
  /** Kong's own id of the node; another one after a restart. Empty where it does not say. */
  readonly nodeId: string;
  /** Requests of any kind that came to an end: proxied ones, those of the Admin and the Status API, ours too. */
  readonly finished: number;
  /** Requests that matched a route, by their status. */
  readonly answered: number;
  /** Of those, the ones with 5xx. */
  readonly errors: number;
  readonly latency: Histogram;
}

/** A cumulative histogram in milliseconds. JSON has no infinity: what is above all bounds is only in `count`. */
export interface Histogram {
  readonly count: number;
  /** How many took at most so many milliseconds. */
  readonly upTo: Readonly<Record<string, number>>;
}

/** The nodes of one side by name; or why they can't all be read. A side is never read in part: a missing node is not zero. */
export type SideReading =
  { readonly readable: true; readonly nodes: NodesCounters } | { readonly readable: false; readonly why: string };
export type NodesCounters = Readonly<Record<string, NodeCounters>>;

/** What one side counted between two readings or more. */
export interface Tally {
  readonly finished: number;
  readonly answered: number;
  readonly errors: number;
  /** Readings of the metrics, which the nodes count as requests. */
  readonly own: number;
  readonly latency: Histogram;
  readonly seconds: number;
  /** Seconds times nodes. */
  readonly nodeSeconds: number;
}

export const NOTHING: Tally = {
  finished: 0,
  answered: 0,
  errors: 0,
  own: 0,
  latency: { count: 0, upTo: {} },
  seconds: 0,
  nodeSeconds: 0,
};

/** What was counted from one reading to the next. Counters of a node that was restarted in between began again at zero. */
export function tallyBetween(before: NodesCounters, after: NodesCounters, seconds: number): Tally {
  return Object.entries(after).reduce(
    (sum, [name, now]) => {
      const then = before[name];
      if (then === undefined) return sum;
      return addTallies(sum, { ...sinceThen(then, now), own: 1, seconds: 0, nodeSeconds: seconds });
    },
    { ...NOTHING, seconds },
  );
}

export function addTallies(a: Tally, b: Tally): Tally {
  return {
    finished: a.finished + b.finished,
    answered: a.answered + b.answered,
    errors: a.errors + b.errors,
    own: a.own + b.own,
    latency: combine(a.latency, b.latency, 1),
    seconds: a.seconds + b.seconds,
    nodeSeconds: a.nodeSeconds + b.nodeSeconds,
  };
}

type Counted = Pick<NodeCounters, 'finished' | 'answered' | 'errors' | 'latency'>;

function sinceThen(then: NodeCounters, now: NodeCounters): Counted {
  const restarted =
    now.nodeId !== then.nodeId || now.answered < then.answered || now.latency.count < then.latency.count;
  if (restarted) return now;
  return {
    finished: now.finished - then.finished,
    answered: now.answered - then.answered,
    errors: Math.max(0, now.errors - then.errors),
    latency: combine(now.latency, then.latency, -1),
  };
}

function combine(a: Histogram, b: Histogram, sign: 1 | -1): Histogram {
  const bounds = Object.keys({ ...a.upTo, ...b.upTo });
  const upTo = bounds.map((bound) => [bound, (a.upTo[bound] ?? 0) + sign * (b.upTo[bound] ?? 0)]);
  return { count: a.count + sign * b.count, upTo: Object.fromEntries(upTo) as Record<string, number> };
}
