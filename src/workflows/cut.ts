import { formatDuration } from '../domain/duration.ts';
import { plural } from '../domain/plural.ts';
import type { Upgrade } from './upgrade.ts';

const some = (count: number): string => plural(count, 'request or WebSocket', 'requests or WebSockets');

/** Tells what a stop has cut, if it has. */
export function noteCut({ journal, plan }: Upgrade, who: string, cut: number): void {
  if (cut === 0) return;
  const limit = formatDuration(plan.traffic.drain);
  journal.note('note', `${who}: ${some(cut)} cut, which had not ended after ${limit}`);
}

/** Tells what did not end before a reload, and is not cut by it. */
export function noteLeft({ journal }: Upgrade, node: string, running: number): void {
  if (running === 0) return;
  journal.note('note', `${node}: ${some(running)} of before its reload, left to the old workers until the end`);
}
