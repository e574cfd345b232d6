/** One line without control characters and direction marks, cut after `most` characters. */
export function plainLine(text: string, most = 300): string {
  const clean = withoutControls(text).trim();
  const characters = [...clean];
  return characters.length <= most ? clean : `${characters.slice(0, most - 1).join('')}…`;
}

/** White space is one blank each; what would move a terminal's cursor or turn the direction of a text is gone. */
export const withoutControls = (text: string): string =>
  text.replace(/\s+/gu, ' ').replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');

const HTML_ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Markdown that shows exactly this text on one line, in a table's cell too: no markup but `code`, no HTML, no links. */
export function escapeMarkdown(text: string, most = 300): string {
  const parts = plainLine(text, most).split('`');
  // An odd one out, or two in a row, is no code but somebody's backtick.
  const balanced = parts.length % 2 === 1 && parts.slice(1, -1).every((part) => part !== '');
  if (!balanced) return parts.map(escapeWords).join('\\`');
  return parts.map((part, index) => (index % 2 === 1 ? inlineCode(part, most) : escapeWords(part))).join('');
}

const escapeWords = (text: string): string =>
  text
    .replace(/[&<>]/g, (character) => HTML_ENTITIES[character] ?? '')
    .replace(/[\\`*_[\]|~#]/g, '\\$&')
    // What would begin a list.
    .replace(/^([-+])(?=\s|$)/, '\\$1')
    .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2');

/** The text as inline code, in a table's cell too. */
export const inlineCode = (text: string, most = 120): string =>
  `\`${plainLine(text, most).replaceAll('`', "'").replaceAll('|', '¦')}\``;

/** `10:04:05 UTC`; with the date when that is not `today`'s. Both ISO 8601. */
export function clock(iso: string, today: string): string {
  const [date = '', time = ''] = iso.split('T');
  const clean = `${time.slice(0, 8)} UTC`;
  return date === today.slice(0, 10) ? clean : `${date} ${clean}`;
}

/** Milliseconds between two times, ISO 8601; never negative. */
export const elapsed = (from: string, to: string): number => Math.max(0, Date.parse(to) - Date.parse(from));

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The first `most` of a list, and a line for the rest: a status stays readable however much went wrong. */
export function firstOf<T>(list: readonly T[], most: number, show: (one: T) => string): string[] {
  const shown = list.slice(0, most).map(show);
  return list.length <= most ? shown : [...shown, `… and ${list.length - most} more`];
}
