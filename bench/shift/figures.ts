import { figure, type Figure } from '../harness/figure.ts';
import { BALANCER_TITLES, BALANCERS, type BalancerName } from './arms.ts';
import type { ArmName } from './stand.ts';
import type { Summary } from './summary.ts';

/** One run of one arm. `replacement`: X stopped and Y started in its place. */
export interface Measured extends Summary {
  readonly round: number;
  readonly balancer: BalancerName;
  readonly arm: ArmName | 'replacement';
}

const WHO: Readonly<Record<Exclude<Measured['arm'], 'crossfade'>, string>> = {
  reload: 'by reloads',
  replacement: 'X stopped, Y started',
};

const TIMES = [
  ['firstOnY', 'set to the first request on Y'],
  ['lastOnX', '100 % set to the last request on X'],
  ['firstOnX', '0 % set to the first request on X'],
  ['lastOnY', '0 % set to the last request on Y'],
] as const;

export const figuresOf = (runs: readonly Measured[]): Figure[] => BALANCERS.flatMap((name) => ofCrossfade(runs, name));

export const against = (runs: readonly Measured[]): Figure[] =>
  BALANCERS.flatMap((name) => [...ofReload(runs, name), ...ofReplacement(runs, name)]);

const of = (runs: readonly Measured[], name: BalancerName, which: Measured['arm']) =>
  runs.filter(({ balancer, arm }) => balancer === name && arm === which);

const sum = (runs: readonly Measured[], value: (run: Measured) => number): number =>
  runs.reduce((total, run) => total + value(run), 0);

function ofCrossfade(runs: readonly Measured[], name: BalancerName): Figure[] {
  const own = of(runs, name, 'crossfade');
  const title = BALANCER_TITLES[name];
  return [
    lost(own, title, 0),
    closed(own, title),
    figure({
      name: `${title}: p99 during changes, ratio to rest`,
      unit: 'times',
      values: own.map(changesToRest),
      atMost: 1.2,
    }),
    figure({
      name: `${title}: p99 of one change, ratio to the rest before it`,
      unit: 'times',
      values: oneByOne(own),
    }),
    figure({ name: `${title}: p99 at rest`, unit: 'ms', values: own.map(({ restP99 }) => restP99) }),
    ...times(own, title),
    ...TIMES.map(([key, what]) =>
      figure({ name: `${title}: ${what}, ratio to a reload`, unit: 'times', values: ratios(runs, name, key) }),
    ),
  ];
}

function ofReload(runs: readonly Measured[], name: BalancerName): Figure[] {
  const own = of(runs, name, 'reload');
  const title = `${BALANCER_TITLES[name]}, ${WHO.reload}`;
  return [
    lost(own, title),
    closed(own, title),
    figure({ name: `${title}: p99 during changes, ratio to rest`, unit: 'times', values: own.map(changesToRest) }),
    ...times(own, title),
  ];
}

function ofReplacement(runs: readonly Measured[], name: BalancerName): Figure[] {
  const own = of(runs, name, 'replacement');
  const title = `${BALANCER_TITLES[name]}, ${WHO.replacement}`;
  return [
    lost(own, title),
    figure({
      name: `${title}: longest time until the next answer of the other side`,
      unit: 'ms',
      values: own.flatMap(({ firstOnX, firstOnY }) => [firstOnX, firstOnY]),
      take: 'max',
    }),
  ];
}

function lost(own: readonly Measured[], title: string, atMost?: number): Figure {
  const requests = sum(own, (run) => run.requests).toLocaleString('en-US');
  const values = [sum(own, ({ failed }) => failed)];
  const name = `${title}: failed or reset, of ${requests} requests`;
  return figure({ name, unit: 'requests', values, ...(atMost === undefined ? {} : { atMost }) });
}

/** With and without a word: in neither case a request is lost by it. */
const closed = (own: readonly Measured[], title: string): Figure =>
  figure({
    name: `${title}: kept connections closed while no request was on them`,
    unit: 'connections',
    values: [sum(own, (run) => run.closedIdle + run.closedAnnounced)],
  });

const times = (own: readonly Measured[], title: string): Figure[] =>
  TIMES.map(([key, what]) => figure({ name: `${title}: ${what}`, unit: 'ms', values: own.map((run) => run[key]) }));

/** Each change of these runs for itself: less is seen in it, and what else the machine does meets both sides of the ratio. */
export const oneByOne = (own: readonly Measured[]): number[] =>
  own.flatMap(({ changes }) => changes.map(({ p99, p99Before }) => p99 / p99Before));

const changesToRest = ({ changeP99, restP99 }: Measured): number => changeP99 / restP99;

/** Of the same round. Moments have whole milliseconds: below one of the reload nothing can be compared. */
const ratios = (runs: readonly Measured[], name: BalancerName, key: (typeof TIMES)[number][0]): number[] =>
  of(runs, name, 'crossfade').map((run) => {
    const reload = of(runs, name, 'reload').find(({ round }) => round === run.round);
    return run[key] / Math.max(1, reload?.[key] ?? NaN);
  });
