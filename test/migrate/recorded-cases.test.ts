// What Crossfade makes of each recorded case of `kong migrations` 3.4.2 -> 3.9.1: of the folders for locking and killed commands (B),
// for read-only databases and databases that are down (D), for pending and new ones, subsets of plugins and missing rights (E), and of
// the main run (A). Cases that no row is about are commands that Crossfade never gives (`bootstrap`, `reset`, `up --force`,
// `start --run-migrations`), nodes and requests, and the tables that are looked at on the way.
import { describe, expect, test } from 'vitest';
import {
  afterFinish,
  afterUp,
  beforeFinish,
  beforeUp,
  differingSets,
  inDoubt,
  leftToAnother,
  listAgrees,
  parseList,
} from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';
import { readState } from '../../src/activities/read-migrations.ts';
import type { ClusterRunner } from '../../src/adapters/cluster/port.ts';
import { EXECUTED, PENDING } from './fixture.ts';
import { COMMANDS, ended, NO_SERVER } from './recorded-commands.ts';
import { BOTH, DONE, EMPTY, HALF, NEW, PEND } from './recorded-states.ts';

describe('commands', () => {
  test.each(COMMANDS)('$recorded ($command)', ({ command, before, begun, decision, outcome, after, then, doubt }) => {
    const decided = command === 'up' ? beforeUp(before, begun) : beforeFinish(before);
    expect(decided.go === 'fail' ? decided.failure.code : decided.go).toBe(decision);
    const judged = command === 'up' ? afterUp(after, outcome) : afterFinish(after, outcome);
    expect(judged.done ? 'done' : judged.failure.code).toBe(then);
    expect(inDoubt(outcome, command === 'up' ? before.new : before.pending)).toEqual(doubt);
  });

  test('only those that left everything to another say that they did nothing', () => {
    const left = COMMANDS.filter(({ outcome }) => leftToAnother(outcome)).map(({ recorded }) =>
      recorded.slice(0, 6).trim(),
    );
    expect(left).toEqual(['B 01-A', 'B 02-B', 'B 02-D', 'B 009', 'B 014']);
  });
});

const listOf = (
  sections: Partial<Record<'Executed migrations' | 'Pending migrations' | 'New migrations available', string>>,
) =>
  Object.entries(sections)
    .map(([section, lines]) => `${section}:\n${lines}\n`)
    .join('\n');
const CORE_LINE = '                 core: 021_340_to_350, 022_350_to_360, 023_360_to_370, 024_380_to_390';
const PLUGIN_LINES = `                 acme: 003_350_to_360
             ai-proxy: 001_360_to_370
        opentelemetry: 001_331_to_332
        rate-limiting: 006_350_to_360
response-ratelimiting: 001_350_to_360`;

const LISTS: readonly (readonly [recorded: string, exitCode: number, stdout: string, state: MigrationState])[] = [
  ['A 002, A 008, E 032 empty', 3, 'Database needs bootstrapping or is older than Kong 1.0.\n', EMPTY],
  ['A 053 before up', 5, listOf({ 'New migrations available': `${CORE_LINE}\n${PLUGIN_LINES}` }), NEW],
  ['A 073 after up', 4, listOf({ 'Executed migrations': CORE_LINE, 'Pending migrations': PLUGIN_LINES }), PEND],
  [
    'A 115, B 016, D 001, D 017 after finish',
    0,
    listOf({ 'Executed migrations': `${CORE_LINE}\n${PLUGIN_LINES}` }),
    DONE,
  ],
  [
    'B 002, B 006, B 02-C half-way',
    5,
    listOf({ 'Executed migrations': CORE_LINE, 'New migrations available': PLUGIN_LINES }),
    HALF,
  ],
  [
    'B 013 after a killed finish',
    4,
    listOf({ 'Executed migrations': CORE_LINE, 'Pending migrations': PLUGIN_LINES }),
    PEND,
  ],
  [
    'E 002 pending and new',
    4,
    listOf({
      'Executed migrations': CORE_LINE.replace(', 024_380_to_390', ''),
      'Pending migrations': PLUGIN_LINES,
      'New migrations available': 'core: 024_380_to_390',
    }),
    BOTH,
  ],
];

describe('states', () => {
  test.each(LISTS)('%s: exit code %i', (_, exitCode, stdout, state) => {
    expect(parseList(ended(exitCode, stdout))).toEqual(state);
    expect(listAgrees(exitCode, state)).toBe(true);
    expect(listAgrees(exitCode === 0 ? 5 : 0, state)).toBe(false);
  });

  test.each([
    ['A 061 wrong password', `${NO_SERVER}authentication exchange unsuccessful`, 'DatabaseRefused'],
    ['A 063, D 039 database down', `${NO_SERVER}connection refused`, 'DatabaseUnreachable'],
    ['E 023 no such kong.conf', 'Error: no file at: nosuch.conf', 'MigrationsUnreadable'],
  ])('%s: no state, and why', async (_, stderr, code) => {
    const kong = () => Promise.resolve({ exitCode: 1, stdout: '', stderr, timedOut: false });
    await expect(readState({ kong } as unknown as ClusterRunner, '3.9.1')).rejects.toMatchObject({ code });
  });

  test('E 014 to E 017: a subset of the plugins says "up to date" where all of them have something new', () => {
    expect(afterUp(DONE, ended(0)).done).toBe(true);
    const nodes = [
      { node: 'y1', state: { ...DONE, executed: EXECUTED } },
      { node: 'y2', state: HALF },
    ];
    expect(differingSets(nodes)).toEqual([`new for y2 only: ${PENDING.join(', ')}`]);
  });
});
