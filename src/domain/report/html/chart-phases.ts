import { formatDuration } from '../../duration.ts';
import { plainLine } from '../../status/render-text.ts';
import type { Report } from '../types.ts';
import { frame, LEFT, RIGHT, type Marker } from './frame.ts';
import { markup, type Markup } from './markup.ts';
import type { TimeScale } from './time-scale.ts';

const ROW = 22;
/** The markers' names are written above the rows. */
const TOP = 22;
const BAR = 12;
/** About the width of a character of the labels. */
const CHARACTER = 6.4;

interface Bar {
  readonly row: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly label: string;
}

/** Phases, the freeze and open gates as bars over time. */
export function phasesChart(report: Report, scale: TimeScale, markers: readonly Marker[], end: number): Markup {
  const bars = [...phaseBars(report, end), ...freezeBar(report, end), ...gateBars(report, end)];
  const rows = [...new Set(bars.map((bar) => bar.row))];
  const description = bars.map((bar) => `${bar.row}: ${bar.label}`).join('; ');
  const height = TOP + rows.length * ROW;
  const title = 'Phases, freeze and gates over time';
  return frame({ id: 'phases', title, description, height, from: TOP - 5, scale, markers, axis: false }, [
    ...markers.map((marker) => markerLabel(marker, scale)),
    ...rows.map(
      (row, index) =>
        markup`<text class="row" x="${LEFT - 10}" y="${TOP + index * ROW + 14}" text-anchor="end">${row}</text>`,
    ),
    ...bars.map((bar) => drawBar(bar, TOP + rows.indexOf(bar.row) * ROW, scale)),
  ]);
}

function phaseBars(report: Report, end: number): Bar[] {
  return report.phases.flatMap((phase) => {
    if (phase.startedAt === undefined) return [];
    const from = Date.parse(phase.startedAt);
    const to = phase.endedAt === undefined ? end : Date.parse(phase.endedAt);
    const result = { done: '', failed: ', failed', running: ', not ended', skipped: ', skipped', pending: '' };
    const attempts = phase.attempts > 1 ? `, ${phase.attempts} attempts` : '';
    const label = `${formatDuration(to - from)}${result[phase.result]}${attempts}`;
    return [{ row: phase.name, kind: phase.result, from, to, label }];
  });
}

function freezeBar({ freeze }: Report, end: number): Bar[] {
  if (freeze === undefined) return [];
  const to = freeze.liftedAt === undefined ? end : Date.parse(freeze.liftedAt);
  const open = freeze.liftedAt === undefined ? ', still frozen' : '';
  return [
    { row: 'frozen', kind: 'frozen', from: Date.parse(freeze.since), to, label: formatDuration(freeze.ms) + open },
  ];
}

function gateBars({ gates }: Report, end: number): Bar[] {
  return gates.map((gate) => {
    const from = Date.parse(gate.openedAt);
    const to = gate.closedAt === undefined ? end : Date.parse(gate.closedAt);
    return {
      row: `gate ${gate.gate}`,
      kind: 'gate',
      from,
      to,
      label: `${formatDuration(to - from)}, ${gate.state}`,
    };
  });
}

function drawBar(bar: Bar, y: number, scale: TimeScale): Markup {
  const x = scale.at(bar.from);
  const width = Math.max(3, scale.at(bar.to) - x);
  const label = plainLine(bar.label, 60);
  // Beside the bar where there is room, else before it, else on it.
  const fits = x + width + 8 + label.length * CHARACTER < RIGHT;
  const before = x - 8 - label.length * CHARACTER > LEFT;
  const [place, anchor, inside] = fits
    ? [x + width + 6, 'start', '']
    : before
      ? [x - 6, 'end', '']
      : [x + 8, 'start', ' inside'];
  return markup`<rect
      class="bar ${bar.kind}"
      x="${x}"
      y="${y + (ROW - BAR) / 2}"
      width="${width}"
      height="${BAR}"
      rx="3"
    />
    <text class="took${inside}" x="${place}" y="${y + 15}" text-anchor="${anchor}">${label}</text>`;
}

function markerLabel(marker: Marker, scale: TimeScale): Markup {
  const x = scale.at(marker.time);
  const anchor = x > RIGHT - 120 ? 'end' : x < LEFT + 60 ? 'start' : 'middle';
  return markup`<text class="marker-label ${marker.kind}" x="${x}" y="12" text-anchor="${anchor}">${marker.label}</text>`;
}
