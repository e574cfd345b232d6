import { createWriteStream, type WriteStream } from 'node:fs';
import { join } from 'node:path';

export type Level = 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'crit' | 'alert' | 'emerg';
const LEVELS: readonly Level[] = ['debug', 'info', 'notice', 'warn', 'error', 'crit', 'alert', 'emerg'];

/** `2026/11/23 17:08:58`, local time, as nginx writes it. */
export function nginxTime(date: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${date.getFullYear()}/${two(date.getMonth() + 1)}/${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `23/Nov/2026:17:08:58 +0000`, in UTC. */
function accessTime(date: Date): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(date.toUTCString()) ?? [];
  return `${day}/${month ?? MONTHS[0]}/${year}:${time} +0000`;
}

/** The node's `logs/error.log` and `logs/access.log`. */
export class NodeLog {
  readonly #errors: WriteStream;
  readonly #accesses: WriteStream;
  readonly #least: number;

  constructor(prefix: string, level: string) {
    this.#errors = createWriteStream(join(prefix, 'logs', 'error.log'), { flags: 'a' });
    this.#accesses = createWriteStream(join(prefix, 'logs', 'access.log'), { flags: 'a' });
    for (const stream of [this.#errors, this.#accesses]) stream.on('error', () => undefined);
    this.#least = Math.max(0, LEVELS.indexOf(level as Level));
  }

  error(level: Level, text: string): void {
    if (LEVELS.indexOf(level) < this.#least) return;
    this.#errors.write(`${nginxTime(new Date())} [${level}] ${process.pid}#${process.pid}: ${text}\n`);
  }

  access(client: string, request: string, status: number, bytes: number, agent: string): void {
    this.#accesses.write(`${client} - - [${accessTime(new Date())}] "${request}" ${status} ${bytes} "-" "${agent}"\n`);
  }

  async close(): Promise<void> {
    await Promise.all([this.#errors, this.#accesses].map((stream) => new Promise<void>((done) => stream.end(done))));
  }
}
