import type { Moment } from './follow.ts';
import type { Load } from './load/index.ts';
import type { Print } from '../log.ts';

/** Prints what happens as plain lines: each entry of the upgrade's timeline, and what the clients see at each new weight. */
export function createStory(load: Load, print: Print): (moment: Moment) => void {
  let told = 0;
  let weightTold: number | undefined;
  return ({ status, timeline }) => {
    for (const { at, kind, text } of timeline.slice(told)) {
      const seconds = (Date.parse(at) - Date.parse(status.upgrade.startedAt)) / 1000;
      print(`${seconds.toFixed(1).padStart(6)} s  ${kind.padEnd(8)} ${text}`);
    }
    told = timeline.length;
    if (weightTold !== undefined && weightTold !== status.traffic.weight) print(`  ${clients(load)}`);
    weightTold = status.traffic.weight;
  };
}

function clients(load: Load): string {
  const seconds = load.seconds();
  const sum = (key: 'sent' | 'failed' | 'failedByY') => seconds.reduce((total, one) => total + one[key], 0);
  const last = seconds.at(-1);
  return `clients: ${last?.sent ?? 0} requests/s, ${sum('sent')} so far, ${sum('failed')} failed (${sum('failedByY')} answered so by Y)`;
}
