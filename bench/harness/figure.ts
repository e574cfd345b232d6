import { spread } from './statistics.ts';

/** One measured figure, as it stands in `bench/results`. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What was aimed at, such as `<= 60`; `null` where nothing was. */
  readonly aim: string | null;
  readonly met: boolean | null;
  /** Of the runs that the value comes from. */
  readonly runs: number;
  readonly min: number;
  readonly max: number;
}

export interface Wanted {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** Which of the runs is the figure: the middle one by default. */
  readonly take?: 'median' | 'max';
  readonly atMost?: number;
}

/** A figure of several runs, judged as it was measured: what is shown is rounded afterwards. */
export function figure({ name, unit, values, take = 'median', atMost }: Wanted): Figure {
  const { runs, ...of } = spread(values);
  return {
    name,
    value: rounded(of[take]),
    unit,
    aim: atMost === undefined ? null : `<= ${atMost}`,
    met: atMost === undefined ? null : of[take] <= atMost,
    runs,
    min: rounded(of.min),
    max: rounded(of.max),
  };
}

/** Three digits say all that such measurements can; whole numbers stay whole. */
function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
