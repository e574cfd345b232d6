import { writeSync } from 'node:fs';
import { KongError } from '../settings.ts';

function stamp(): string {
  const now = new Date();
  const two = (n: number): string => String(n).padStart(2, '0');
  const date = `${now.getFullYear()}/${two(now.getMonth() + 1)}/${two(now.getDate())}`;
  return `${date} ${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
}

function write(fd: number, text: string): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
    }
  }
}

/**
 * What a command says. On a terminal it appears at once; into a pipe or a file only when the command ends, as with the
 * real one, so a command that is killed has said nothing.
 */
export class Output {
  readonly #verbose: boolean;
  readonly #held: [fd: number, text: string][] = [];

  constructor(verbose: boolean) {
    this.#verbose = verbose;
  }

  /** A line of the command itself. */
  info(text: string): void {
    this.print(this.#verbose ? `${stamp()} [info] ${text}` : text);
  }

  /** A line that only `--v` shows. */
  verbose(text: string): void {
    if (this.#verbose) this.print(`${stamp()} [verbose] ${text}`);
  }

  warn(text: string): void {
    this.#add(2, `${stamp()} [warn] ${text}\n`);
  }

  print(text: string): void {
    this.#add(1, `${text}\n`);
  }

  /** Reports why the command failed. */
  fail(error: unknown): void {
    const message =
      error instanceof KongError ? error.message : error instanceof Error ? (error.stack ?? '') : String(error);
    const more = this.#verbose ? '' : '\n\n  Run with --v (verbose) or --vv (debug) for more details';
    this.#add(2, `Error: ${message}${more}\n`);
  }

  flush(): void {
    for (const [fd, text] of this.#held.splice(0)) write(fd, text);
  }

  #add(fd: number, text: string): void {
    if (process.stdout.isTTY) write(fd, text);
    else this.#held.push([fd, text]);
  }
}
