import { parseVersion } from '../version.ts';
import { knownBetween, knownMigration, type KnownMigration } from './known.ts';

/** One migration in a command, and what it does there. */
export interface Step {
  readonly name: string;
  readonly does: string;
}

/** What `up` and `finish` will do, as far as it is known. */
export interface Forecast {
  readonly up: readonly Step[];
  readonly finish: readonly Step[];
  /** Migrations of which nothing is known: Enterprise's, a custom plugin's, a newer Kong's. */
  readonly unknown: readonly string[];
}

/** From what is new and pending for Y's own command. */
export function whatWillHappen(fresh: readonly string[], pending: readonly string[], version: string): Forecast {
  const find = (name: string) => knownOrBase(name, version);
  const all = [...fresh, ...pending];
  return {
    up: stepsOf(fresh.map(find), ({ up }) => up),
    finish: stepsOf(all.map(find), ({ finish }) => finish),
    unknown: all.filter((name) => find(name) === undefined),
  };
}

/** From the two versions alone, with all bundled plugins; `undefined` where a version is none. */
export function whatIsExpected(x: string, y: string): Forecast | undefined {
  const [from, to] = [parseVersion(x), parseVersion(y)];
  if (from === undefined || to === undefined) return undefined;
  const names = knownBetween(from, to).map(({ name }) => name);
  return whatWillHappen(names, [], y);
}

type Known = Pick<KnownMigration, 'name' | 'up' | 'finish'>;

function knownOrBase(name: string, version: string): Known | undefined {
  const y = parseVersion(version);
  const known = y && knownMigration(name, y);
  if (known !== undefined) return known;
  // A plugin that X does not load begins with its own tables.
  const [subsystem, migration = ''] = name.split('/');
  return migration.startsWith('000_base') ? { name, up: `creates the tables of ${subsystem}` } : undefined;
}

const stepsOf = (all: readonly (Known | undefined)[], what: (one: Known) => string | undefined): Step[] =>
  all.flatMap((one) => {
    const does = one && what(one);
    return does === undefined ? [] : [{ name: one?.name ?? '', does }];
  });
