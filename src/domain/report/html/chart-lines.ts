import { frame, LEFT, RIGHT, type Marker } from './frame.ts';
import { markup, type Markup } from './markup.ts';
import type { Measured, Series } from './series.ts';
import type { TimeScale } from './time-scale.ts';
import { valueScale } from './value-scale.ts';

const TOP = 28;
const BOTTOM = 116;
const HEIGHT = 126;

interface LinesChart {
  readonly id: string;
  readonly title: string;
  readonly measured: Measured;
  /** What to keep in mind when reading it; may be empty. */
  readonly remark: string;
  readonly show: (value: number) => string;
  /** The smallest maximum of the axis. */
  readonly least: number;
  readonly scale: TimeScale;
  readonly markers: readonly Marker[];
  readonly axis: boolean;
}

/** One figure of X and of Y over time. */
export function linesChart({ id, title, measured, remark, show, least, scale, markers, axis }: LinesChart): Markup {
  const { x, y, exact } = measured;
  const values = [...x, ...y].flatMap((one) => (one.value === undefined ? [] : [one.value]));
  const level = valueScale(values, least, TOP, BOTTOM);
  const description = [sum('Y', y, show), sum('X', x, show)].join('; ');
  const notes = [values.length === 0 ? 'nothing was measured' : exact ? '' : 'averages of each watch', remark].filter(
    (text) => text !== '',
  );
  const note = notes.join('; ');
  const draw = (series: Series, side: string) => drawSeries(series, side, scale, level.at);
  return frame({ id, title, description, height: HEIGHT, from: 20, scale, markers, axis }, [
    markup`<text class="chart-title" x="${LEFT}" y="15">${title}${note !== '' && markup` <tspan class="note">(${note})</tspan>`}</text>`,
    markup`<g class="values">${level.ticks.map(
      (value) =>
        markup`<line x1="${LEFT}" x2="${RIGHT}" y1="${level.at(value)}" y2="${level.at(value)}" />
            <text x="${LEFT - 10}" y="${level.at(value) + 4}" text-anchor="end">${show(value)}</text>`,
    )}</g>`,
    draw(x, 'x'),
    draw(y, 'y'),
  ]);
}

function drawSeries(series: Series, side: string, scale: TimeScale, level: (value: number) => number): Markup[] {
  const runs: { time: number; value: number }[][] = [[]];
  for (const { time, value } of series) {
    if (value === undefined) runs.push([]);
    else runs.at(-1)?.push({ time, value });
  }
  return runs
    .filter((run) => run.length > 0)
    .map((run) => {
      const places = run.map(({ time, value }) => `${scale.at(time).toFixed(1)} ${level(value).toFixed(1)}`);
      const [only] = places;
      if (places.length === 1) return markup`<path class="line dot ${side}" d="M${only}h0.1"/>`;
      return markup`<path class="line ${side}" d="M${places.join('L')}"/>`;
    });
}

function sum(name: string, series: Series, show: (value: number) => string): string {
  const values = series.flatMap((one) => (one.value === undefined ? [] : [one.value]));
  if (values.length === 0) return `${name}: nothing measured`;
  const low = values.reduce((least, one) => Math.min(least, one));
  const high = values.reduce((most, one) => Math.max(most, one));
  return `${name}: between ${show(low)} and ${show(high)}`;
}
