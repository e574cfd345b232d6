// Writers of configuration, as a program of its own so that nothing else slows them. Arguments: a JSON of `WritersOptions`. Prints one
// JSON line per write; at SIGTERM or SIGINT it sends nothing more, waits for the answers that are due, and prints what was seen.
import { existsSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRequests, type WriteRequest } from './requests.ts';
import type { Write, WriterOptions, WritersOptions } from './types.ts';
import { watchFreeze } from './watch.ts';

const ANSWER_WITHIN = 10_000;

const { writers, pauseFile, everyMs, database } = JSON.parse(process.argv[2] ?? '{}') as WritersOptions;
let running = true;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (running = false));

const print = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
const watch = await watchFreeze(database);

/** They were asked to rest before the freeze; who writes on once it is there is refused. */
function resting(): boolean {
  if (!existsSync(pauseFile)) return false;
  if (!watch.frozen()) return true;
  rmSync(pauseFile, { force: true });
  return false;
}

async function send({ name, side, admin }: WriterOptions, request: WriteRequest): Promise<Write> {
  const { method, kind, path, tag, body } = request;
  const what = { writer: name, side, method, kind, path, ...(tag === undefined ? {} : { tag }) };
  const sentAt = Date.now();
  try {
    const answer = await fetch(`${admin}/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
    const text = await answer.text();
    const result = { ...what, sentAt, endedAt: Date.now(), status: answer.status };
    if (!answer.ok) return { ...result, message: text.slice(0, 300) };
    request.accepted();
    return result;
  } catch (error) {
    return { ...what, sentAt, endedAt: Date.now(), message: error instanceof Error ? error.message : String(error) };
  }
}

async function write(writer: WriterOptions): Promise<void> {
  const next = createRequests(writer.name, writer.stock, () => watch.frozen());
  while (running) {
    const request = resting() ? undefined : next();
    if (request !== undefined) print(await send(writer, request));
    await sleep(everyMs);
  }
}

await Promise.all(writers.map(write));
print({ seen: (await watch.stop()) ?? null });
