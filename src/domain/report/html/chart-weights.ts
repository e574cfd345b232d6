import type { Report, ReportVerdict } from '../types.ts';
import { frame, LEFT, RIGHT, type Marker } from './frame.ts';
import { markup, type Markup } from './markup.ts';
import type { TimeScale } from './time-scale.ts';

/** Title, then the verdicts, then the steps. */
const VERDICTS = 24;
const TOP = 56;
const BOTTOM = 162;
const HEIGHT = 172;

const SIGN = { pass: '✓', fail: '✗', inconclusive: '?' } as const;

/** The share of Y as it was read back, and above it what every watch ended with. */
export function weightsChart(report: Report, scale: TimeScale, markers: readonly Marker[], end: number): Markup {
  const points = report.weights.map(({ at, weight }) => ({ time: Date.parse(at), weight }));
  const y = (weight: number) => BOTTOM - (weight / 100) * (BOTTOM - TOP);
  const description =
    points.length === 0
      ? 'No traffic was moved.'
      : report.weights.map(({ at, weight, why }) => `${weight} % at ${at.slice(11, 19)} (${why})`).join('; ');

  let path = '';
  points.forEach((point, index) => {
    const x = scale.at(point.time);
    path += index === 0 ? `M${x.toFixed(1)} ${y(0)}` : `H${x.toFixed(1)}`;
    path += `V${y(point.weight).toFixed(1)}`;
  });
  const right = scale.at(end).toFixed(1);
  const line = path === '' ? '' : `${path}H${right}`;
  return frame(
    {
      id: 'weights',
      title: 'Traffic on Y, and verdicts',
      description,
      height: HEIGHT,
      from: 20,
      scale,
      markers,
      axis: false,
    },
    [
      markup`<text class="chart-title" x="${LEFT}" y="15">Traffic on Y, and verdicts</text>`,
      markup`<g class="values">${[0, 50, 100].map(
        (value) =>
          markup`<line x1="${LEFT}" x2="${RIGHT}" y1="${y(value)}" y2="${y(value)}" />
              <text x="${LEFT - 10}" y="${y(value) + 4}" text-anchor="end">${value} %</text>`,
      )}</g>`,
      line !== '' && markup`<path class="area" d="${line}V${y(0)}Z"/><path class="line y" d="${line}"/>`,
      points.map((point, index) => weightLabel(point, points[index + 1]?.time ?? end, scale, y)),
      report.verdicts.map((verdict) => verdictChip(verdict, scale)),
    ],
  );
}

function weightLabel(
  { time, weight }: { time: number; weight: number },
  until: number,
  scale: TimeScale,
  y: (weight: number) => number,
): Markup | false {
  const [from, to] = [scale.at(time), scale.at(until)];
  if (to - from < 34) return false;
  const above = weight <= 80;
  return markup`<text class="weight" x="${from + 5}" y="${y(weight) + (above ? -6 : 16)}">${weight} %</text>`;
}

function verdictChip(verdict: ReportVerdict, scale: TimeScale): Markup {
  const from = scale.at(Date.parse(verdict.from));
  const width = Math.max(16, scale.at(Date.parse(verdict.to)) - from - 2);
  const x = Math.min(from, RIGHT - width);
  const text = [`${SIGN[verdict.verdict]} ${verdict.name}`, SIGN[verdict.verdict]].find(
    (one) => one.length * 6.6 < width,
  );
  const words = `${verdict.name}: ${verdict.verdict}`;
  return markup`<g class="chip ${verdict.verdict}"><title>${words}</title>
    <rect x="${x}" y="${VERDICTS}" width="${width}" height="16" rx="3" />
    <text x="${x + width / 2}" y="${VERDICTS + 12}" text-anchor="middle">${text ?? SIGN[verdict.verdict]}</text></g>`;
}
