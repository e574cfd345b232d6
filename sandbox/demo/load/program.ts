// The clients, as a program of its own so that nothing else slows them. Arguments: a JSON of `LoadOptions`. Prints one JSON line per
// second; at SIGTERM or SIGINT it sends nothing more, waits for the answers that are due, and prints the result.
import { noCounts, type LoadCounts, type LoadResult } from './counts.ts';
import { keepAliveClient, newConnectionClient, type Outcome } from './client.ts';
import type { LoadOptions } from './options.ts';

const MOST_FAILURES = 20;

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const key = process.env['CROSSFADE_DEMO_KEY'] ?? '';
const started = performance.now();
const total = noCounts();
const failures: string[] = [];
let second = noCounts();
let running = true;

function count(change: (counts: LoadCounts) => void): void {
  change(total);
  change(second);
}

function record({ failure, byFault, version, what }: Outcome): void {
  count((counts) => {
    counts.sent += 1;
    if (version !== undefined) counts.byVersion[version] = (counts.byVersion[version] ?? 0) + 1;
    if (failure === undefined) counts.ok += 1;
    else counts.failed += 1;
    if (failure !== undefined && byFault) counts.failedByY += 1;
  });
  if (failure === undefined || byFault || failures.length >= MOST_FAILURES) return;
  failures.push(`${new Date().toISOString()} ${what}: ${failure}`);
}

const onIdleClose = () => count((counts) => (counts.idleClosed += 1));
const isRunning = () => running;
const { keepAlive, newConnections } = options;
const clients = [
  ...Array.from({ length: keepAlive.clients }, (_, number) =>
    keepAliveClient({ ...options, number, key, everyMs: keepAlive.everyMs, record, onIdleClose, isRunning }),
  ),
  ...Array.from({ length: newConnections.clients }, (_, number) =>
    newConnectionClient({ ...options, number, key, everyMs: newConnections.everyMs, record, onIdleClose, isRunning }),
  ),
];

const print = (value: unknown) => void process.stdout.write(`${JSON.stringify(value)}\n`);
const ticker = setInterval(() => {
  print({ at: new Date().toISOString(), ...second });
  second = noCounts();
}, 1_000);

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => (running = false));
await Promise.all(clients);
clearInterval(ticker);
const result: LoadResult = { ...total, seconds: (performance.now() - started) / 1000, failures };
print({ result });
