import type { DumpFacts } from '../backup.ts';
import type { WrittenSince } from './facts.ts';

/** The most that goes into a history. */
const MOST = 10;

type Content = Pick<DumpFacts, 'rows' | 'fingerprint'>;

/** Compares what is there now with what a backup holds; rows that the backup left out by intent don't count. */
export function writtenSince(then: Content & Pick<DumpFacts, 'leftOut'>, now: Content): WrittenSince {
  const all = [...new Set([...Object.keys(then.rows), ...Object.keys(now.rows)])].sort();
  const tables = all
    .filter((table) => !then.leftOut.includes(table) && then.rows[table] !== now.rows[table])
    .map((table) => {
      const [before, after] = [then.rows[table], now.rows[table]];
      return {
        table,
        ...(before === undefined ? {} : { then: before }),
        ...(after === undefined ? {} : { now: after }),
      };
    });
  const size = (one: { then?: number; now?: number }): number => Math.abs((one.now ?? 0) - (one.then ?? 0));
  return {
    configuration: then.fingerprint !== now.fingerprint,
    tables: tables.toSorted((a, b) => size(b) - size(a)).slice(0, MOST),
    differ: tables.length,
  };
}
