const WIDTH = 92;

/** `a`, `a and b`, `a, b and c`. */
export const joined = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;

/** A sentence in lines that fit a terminal; what goes on stands below the beginning of its text. */
export function wrapped(text: string, indent = '   '): string[] {
  const below = `${indent}  `;
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    const start = lines.length === 0 ? indent : below;
    if (line === '' || start.length + longer.length <= WIDTH) {
      line = longer;
      continue;
    }
    lines.push(start + line);
    line = word;
  }
  return [...lines, (lines.length === 0 ? indent : below) + line];
}
