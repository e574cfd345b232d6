// What Kong prints around its errors and nobody needs to read.
const NOISE = /^\s*$|Run with --v|^stack traceback|^\s+(\[C\]|\/|\(command|init_worker)|^\s*\w+_by_lua/;

/** The last telling lines of an output, as `: "…"`; empty when there is none. */
export function lastLines(text: string, count = 3): string {
  const lines = text
    .split('\n')
    .filter((line) => !NOISE.test(line))
    .slice(-count)
    .map((line) => line.trim().slice(0, 400));
  return lines.length === 0 ? '' : `: "${lines.join(' | ')}"`;
}
