import type { DumpFacts } from '../backup.ts';
import type { DatabaseContent, Some, WrittenSince } from './facts.ts';

/** The most that goes into a history. */
const MOST = 10;

/** A database of now: its rows by table, the fingerprint of its configuration, and what was read besides. */
export interface ContentNow extends Pick<DumpFacts, 'rows' | 'fingerprint'> {
  readonly content?: DatabaseContent;
}

/**
 * Compares what is there now with what a backup holds; rows that the backup left out by intent are told apart.
 *
 * @param restored what the restored database holds, once there is one: a manifest tells rows only by their number
 */
export function writtenSince(
  then: Pick<DumpFacts, 'rows' | 'fingerprint' | 'leftOut'>,
  now: ContentNow,
  restored?: DatabaseContent,
): WrittenSince {
  const all = namesOf(then.rows, now.rows).filter((table) => !then.leftOut.includes(table));
  const tables = all
    .filter((table) => then.rows[table] !== now.rows[table])
    .map((table) => {
      const [before, after] = [then.rows[table], now.rows[table]];
      return {
        table,
        ...(before === undefined ? {} : { then: before }),
        ...(after === undefined ? {} : { now: after }),
      };
    });
  const leftOut = then.leftOut.map((table) => ({ table, now: now.rows[table] ?? 0 })).filter((one) => one.now > 0);
  const size = (one: { then?: number; now?: number }): number => Math.abs((one.now ?? 0) - (one.then ?? 0));
  return {
    configuration: then.fingerprint !== now.fingerprint,
    tables: tables.toSorted((a, b) => size(b) - size(a)).slice(0, MOST),
    differ: tables.length,
    ...(leftOut.length === 0 ? {} : { leftOut: leftOut.slice(0, MOST) }),
    ...(now.content === undefined || restored === undefined ? {} : { compared: compare(all, restored, now.content) }),
  };
}

function compare(
  all: readonly string[],
  then: DatabaseContent,
  now: DatabaseContent,
): NonNullable<WrittenSince['compared']> {
  const content = all.filter((table) => {
    const [before, after] = [then.tables[table], now.tables[table]];
    return before?.rows === after?.rows && before?.hash !== after?.hash;
  });
  const objects = namesOf(then.objects, now.objects)
    .filter((name) => then.objects[name] !== now.objects[name])
    // A whole table is told by its rows.
    .filter((name) => !name.startsWith('columns of ') || (name in then.objects && name in now.objects))
    .map((name) => `${name} ${name in now.objects ? (name in then.objects ? 'is another' : 'is new') : 'is gone'}`);
  return { content: some(content), objects: some(objects) };
}

const namesOf = (...records: readonly object[]): string[] => [...new Set(records.flatMap(Object.keys))].sort();

const some = (all: readonly string[]): Some => ({ first: all.slice(0, MOST), count: all.length });
