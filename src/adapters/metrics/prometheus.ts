/** One line of the Prometheus text format: a series and its value. */
export interface Series {
  readonly name: string;
  readonly value: number;
  /** Value of a label; `undefined` when the series does not have it. */
  label(name: string): string | undefined;
}

/**
 * The series of these names. Only what Kong writes is understood: one series per line, no timestamp, no exemplars. Big
 * texts (a series per route and status) are gone through once, and labels are looked at only where asked for.
 */
export function* readSeries(text: string, names: ReadonlySet<string>): Generator<Series> {
  for (const line of text.split('\n')) {
    const nameEnds = line.search(/[{ ]/);
    const name = line.slice(0, nameEnds);
    if (!names.has(name)) continue;
    // A label may contain anything, braces too; a value none.
    const labelsEnd = line[nameEnds] === '{' ? line.lastIndexOf('}') : nameEnds;
    const labels = line.slice(nameEnds + 1, labelsEnd);
    const value = Number(line.slice(labelsEnd + 1));
    if (!Number.isFinite(value)) continue;
    yield {
      name,
      value,
      label: (wanted) => new RegExp(`(?:^|,)${wanted}="((?:[^"\\\\]|\\\\.)*)"`).exec(labels)?.[1],
    };
  }
}
