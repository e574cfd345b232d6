import { withoutControls } from '../../status/render-text.ts';

/** HTML or SVG that is safe to put into a page: made by `markup` only. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type Piece = Markup | string | number | undefined | false | readonly Piece[];

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (one) => ENTITIES[one] ?? '');

/** Everything put in is escaped, in text and in quoted attributes alike, unless it is markup itself. */
export function markup(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(strings.reduce((all, part, index) => all + render(pieces[index - 1]) + part));
}

function render(piece: Piece): string {
  if (piece === undefined || piece === false) return '';
  if (piece instanceof Markup) return piece.source;
  if (Array.isArray(piece)) return piece.map(render).join('');
  if (typeof piece === 'number') return String(round(piece));
  // A figure and its sign stay on one line.
  return escapeHtml(withoutControls(String(piece))).replace(/(\d) %/g, '$1&nbsp;%');
}

/** Coordinates with more digits only make the page larger. */
const round = (value: number): number => Math.round(value * 10) / 10;

/** Shows `code` of our own texts as code. */
export function prose(text: string): Markup {
  const parts = text.split(/`([^`]+)`/);
  return markup`${parts.map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : part))}`;
}
