/** What differs from run to run, by what stands for it in a recording. */
export interface Run {
  readonly prefix: string;
  readonly database: string;
  readonly conf?: string | undefined;
}

/**
 * Output as it is recorded: without paths, names of databases, times, line numbers in Lua and stack traces, and without
 * the note about a prefix directory, which depends on what ran before.
 */
export function normalise(text: string, { prefix, database, conf }: Run): string {
  return (conf === undefined ? text : text.replaceAll(conf, '<conf>'))
    .replaceAll(prefix, '<prefix>')
    .replaceAll(`on database '${database}'`, `on database '<database>'`)
    .replaceAll(/\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d /g, '<time> ')
    .replaceAll(/\.lua:\d+/g, '.lua:<line>')
    .replaceAll(/stack traceback:\n(\t.*\n)+/g, '')
    .replaceAll(/^prefix directory .* not found, trying to create it\n/gm, '')
    .replaceAll(/ +$/gm, '')
    .replace(/\n$/, '');
}

/** A `kong migrations status` without the order of its keys. */
export function status(text: string): unknown {
  const line = text.split('\n').find((each) => each.startsWith('{'));
  return line === undefined ? undefined : (JSON.parse(line) as unknown);
}
