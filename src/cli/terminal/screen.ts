/** Draws lines over the lines drawn before, in place: what was on the terminal above stays. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Leaves the last picture and gives the cursor back. */
  close(): void;
}

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';

export function openScreen(stream: NodeJS.WriteStream): Screen {
  let height = 0;
  stream.write(HIDE_CURSOR);
  return {
    draw(lines) {
      // A picture higher than the terminal would scroll, and leave its upper part behind with every draw.
      const shown = lines.slice(0, Math.max(1, stream.rows - 1));
      const up = height === 0 ? '' : `\u001b[${height}A`;
      stream.write(`${up}\r${shown.map((line) => `${line}\u001b[K\n`).join('')}\u001b[J`);
      height = shown.length;
    },
    close: () => void stream.write(SHOW_CURSOR),
  };
}
