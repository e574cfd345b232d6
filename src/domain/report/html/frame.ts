import { markup, type Markup, type Piece } from './markup.ts';
import type { TimeScale } from './time-scale.ts';

/** Left edge of what is drawn, right edge, and the width of every picture. */
export const LEFT = 128;
export const RIGHT = 1_064;
export const WIDTH = 1_080;

/** Times that matter in every picture: a line from top to bottom. */
export interface Marker {
  readonly time: number;
  readonly kind: 'failure' | 'seal';
  readonly label: string;
}

interface Frame {
  readonly id: string;
  readonly title: string;
  /** What the picture shows, for those who can't see it. */
  readonly description: string;
  readonly height: number;
  readonly scale: TimeScale;
  readonly markers: readonly Marker[];
  /** Where grid and markers begin: below what is written at the top. */
  readonly from: number;
  /** Only the last picture has the times written below it. */
  readonly axis: boolean;
}

const AXIS_HEIGHT = 26;

/** A picture with grid, shortened waits and markers behind its content. */
export function frame({ id, title, description, height, from, scale, markers, axis }: Frame, content: Piece): Markup {
  const total = height + (axis ? AXIS_HEIGHT : 0);
  return markup`<svg class="chart" viewBox="0 0 ${WIDTH} ${total}" role="img" aria-labelledby="${id}-t ${id}-d">
    <title id="${id}-t">${title}</title>
    <desc id="${id}-d">${description}</desc>
    <g class="grid">${scale.ticks.map(({ x }) => markup`<line x1="${x}" x2="${x}" y1="${from}" y2="${height}"/>`)}</g>
    ${scale.shortened.map(
      (cut) =>
        markup`<rect class="cut" x="${cut.from}" y="${from}" width="${cut.to - cut.from}" height="${height - from}"/>`,
    )}
    ${markers.map(({ time, kind }) => {
      const x = scale.at(time);
      return markup`<line class="marker ${kind}" x1="${x}" x2="${x}" y1="${from}" y2="${height}"/>`;
    })}
    ${content} ${axis && times(scale, height)}
  </svg>`;
}

function times(scale: TimeScale, height: number): Markup {
  return markup`<g class="axis"><line x1="${LEFT}" x2="${RIGHT}" y1="${height}" y2="${height}" />
    ${scale.ticks.map(({ x, label }) => markup`<text x="${x}" y="${height + 17}" text-anchor="middle">${label}</text>`)}
    ${scale.shortened.map(
      ({ from, to, label }) =>
        markup`<text class="cut-label" x="${(from + to) / 2}" y="${height + 17}" text-anchor="middle">≈ ${label}</text>`,
    )}
    <text x="${LEFT - 28}" y="${height + 17}" text-anchor="end">UTC</text></g>`;
}
