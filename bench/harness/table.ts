import type { Figure } from './figure.ts';

const HEAD = ['figure', 'value', 'unit', 'min .. max', 'runs', 'aim', ''];

/** The figures as a text table. */
export function table(figures: readonly Figure[], against: readonly Figure[]): string {
  const rows = [HEAD, ...figures.map(row), ...against.map((one) => row({ ...one, name: `against: ${one.name}` }))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

function row({ name, value, unit, min, max, runs, aim, met }: Figure): string[] {
  const judged = met === null ? '' : met ? 'met' : 'NOT MET';
  return [name, String(value), unit, min === max ? '' : `${min} .. ${max}`, String(runs), aim ?? '', judged];
}
