/** A bar of `width` cells, in steps of an eighth of a cell. */
export function bar(ratio: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, ratio)) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8] ?? '';
  return `▕${('█'.repeat(full) + rest).padEnd(width, ' ')}▏`;
}
