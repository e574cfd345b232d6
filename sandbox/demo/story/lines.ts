import type { Print } from '../../log.ts';
import type { Load } from '../load/index.ts';
import { describeClients, type Story } from './story.ts';

/** Plain lines: each entry of the upgrade's timeline, and what the clients see at each new weight. */
export function tellInLines(load: Load, print: Print): Story {
  let told = 0;
  let weightTold: number | undefined;
  return {
    tell({ status, timeline }) {
      for (const { at, kind, text } of timeline.slice(told)) {
        const seconds = (Date.parse(at) - Date.parse(status.upgrade.startedAt)) / 1000;
        print(`${seconds.toFixed(1).padStart(6)} s  ${kind.padEnd(8)} ${text}`);
      }
      told = timeline.length;
      if (weightTold !== undefined && weightTold !== status.traffic.weight) print(`  ${describeClients(load)}`);
      weightTold = status.traffic.weight;
    },
    note: (line) => print(`  ${line}`),
    close: () => undefined,
  };
}
