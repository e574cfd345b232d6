import { stripVTControlCharacters } from 'node:util';

/** Cells that a line takes, colours not counted. */
export const widthOf = (line: string): number => [...stripVTControlCharacters(line)].length;

/** Cuts a line to the terminal's width, colours kept whole and ended. */
export function fit(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  let cells = 0;
  let cut = '';
  for (const [piece] of line.matchAll(/\u001b\[[0-9;]*m|[\s\S]/gu)) {
    const isColour = piece.length > 1 && piece.startsWith('\u001b');
    if (!isColour && cells === columns - 1) break;
    if (!isColour) cells += 1;
    cut += piece;
  }
  return `${cut}…${line.includes('\u001b') ? '\u001b[0m' : ''}`;
}

export const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
