import { formatMs, formatPercent } from '../../status/render-figures.ts';
import type { Sample } from '../../verdict/index.ts';
import type { Report } from '../types.ts';
import { linesChart } from './chart-lines.ts';
import { phasesChart } from './chart-phases.ts';
import { weightsChart } from './chart-weights.ts';
import { LEFT, RIGHT, type Marker } from './frame.ts';
import { markup, type Markup } from './markup.ts';
import { measured } from './series.ts';
import { timeScale } from './time-scale.ts';

const REMARK = 'up to 25 ms Kong counts no finer';

/** Four pictures over the same time, one below the other; none when nothing was begun. */
export function story(report: Report, samples: readonly Sample[]): Markup | false {
  if (!report.phases.some((phase) => phase.startedAt !== undefined)) return false;
  const times = moments(report, samples);
  const end = times.reduce((last, one) => Math.max(last, one));
  const scale = timeScale(times, LEFT, RIGHT);
  const markers = markersOf(report);
  const errors = measured(report, samples, (side) => side.errorRatio);
  const latency = measured(report, samples, (side) => side.p99Ms);
  const common = { scale, markers };
  return markup`<section aria-labelledby="story">
    <h2 id="story">What happened when</h2>
    <figure>
      ${phasesChart(report, scale, markers, end)} ${weightsChart(report, scale, markers, end)}
      ${linesChart({ ...common, id: 'errors', title: 'Answers with 5xx', measured: errors, remark: '', show: formatPercent, least: 0.01, axis: false })}
      ${linesChart({ ...common, id: 'latency', title: 'Latency, 99th percentile', measured: latency, remark: REMARK, show: formatMs, least: 30, axis: true })}
      <figcaption class="legend">
        <span><svg aria-hidden="true" viewBox="0 0 30 8"><path class="line y" d="M1 4H29"/></svg>Y${report.to !== undefined && ` (${report.to})`}</span>
        <span><svg aria-hidden="true" viewBox="0 0 30 8"><path class="line x" d="M1 4H29"/></svg>X${report.from !== undefined && ` (${report.from})`}</span>
        ${scale.shortened.length > 0 && markup`<span>Shaded: a long wait, drawn shortened</span>`}
      </figcaption>
    </figure>
  </section>`;
}

function moments(report: Report, samples: readonly Sample[]): number[] {
  const texts = [
    report.startedAt,
    report.endedAt,
    ...report.phases.flatMap((one) => [one.startedAt, one.endedAt]),
    ...report.weights.map((one) => one.at),
    ...report.verdicts.flatMap((one) => [one.from, one.to]),
    ...report.gates.flatMap((one) => [one.openedAt, one.closedAt]),
    ...report.undone.flatMap((one) => [one.startedAt, one.endedAt]),
    report.freeze?.since,
    report.freeze?.liftedAt,
    report.failure?.at,
    samples[0]?.at,
    samples.at(-1)?.at,
    report.timeline.at(-1)?.at,
  ];
  return texts.flatMap((text) => (text === undefined ? [] : [Date.parse(text)]));
}

function markersOf({ failure, seal }: Report): Marker[] {
  const found: Marker[] = [];
  if (failure !== undefined) found.push({ time: Date.parse(failure.at), kind: 'failure', label: failure.kind });
  if (seal !== undefined) found.push({ time: Date.parse(seal.at), kind: 'seal', label: 'no way back' });
  return found;
}
