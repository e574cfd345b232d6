import type { PhaseName } from '../../src/domain/names.ts';

/** One activity that is made to fail, and exactly what is undone then: at once, and when a person answers `abandon`. */
export interface Failure {
  readonly phase: PhaseName;
  readonly fails: string;
  /** Which call of it, 1 by default. */
  readonly nth?: number;
  /** Nothing is left to `finish`. */
  readonly nothingPending?: boolean;
  readonly retreat: readonly string[];
  readonly unwind: readonly string[];
}

const THAW = ['thawConfiguration'];
const STOP_Y = ['stopNodes:y', ...THAW];
const RETREAT = ['setWeight:0'];
const WITH_X = ['startNodes:x', ...RETREAT];

const rows = (
  phase: PhaseName,
  retreat: readonly string[],
  unwind: readonly string[],
  fails: readonly (string | [string, number])[],
  nothingPending = false,
): Failure[] =>
  fails.map((one) => ({
    phase,
    ...(typeof one === 'string' ? { fails: one } : { fails: one[0], nth: one[1] }),
    retreat,
    unwind,
    nothingPending,
  }));

/** Nothing was changed yet. */
export const REFUSED: readonly Failure[] = rows(
  'preflight',
  [],
  [],
  ['openUpgrade', 'checkRules', 'checkBalancer', 'checkHost:x', 'checkHost:y', 'runTests:x'],
);

export const BEFORE_SEAL: readonly Failure[] = [
  ...rows('freeze', [], THAW, ['waitForQuiet', 'freezeConfiguration', 'takeBaseline']),
  ...rows('backup', [], THAW, [
    'dumpDatabase',
    'dumpDeclarative',
    'exportKeyring',
    'storeFiles',
    'sealBackup',
    'drillRestore',
  ]),
  ...rows('backup', [], THAW, ['checkRules:frozen', ['checkBalancer', 2], ['checkHost:x', 2], ['checkHost:y', 2]]),
  ...rows('deploy', [], STOP_Y, ['prepareNodes:y']),
  ...rows('migrate', [], STOP_Y, ['checkDrift', 'migrateUp', ['checkDrift', 2], ['takeBaseline', 2]]),
  ...rows('migrate', [], STOP_Y, ['readMigrations:x', ['runTests:x', 2], 'checkNodes:x']),
  ...rows('migrate', [], ['startNodes:x', ...STOP_Y], ['setNodeOut:x2:out', 'restartNode:x2']),
  ...rows('migrate', [], STOP_Y, ['startNodes:y', 'compareEntities']),
  ...rows('stage', [], STOP_Y, ['runTests:y', 'compareAnswers']),
  ...rows('shift', RETREAT, STOP_Y, [['checkDrift', 3], 'checkSides', 'setWeight:25', 'measureShare:25']),
  ...rows('shift', RETREAT, STOP_Y, ['watchTraffic:shift-25', ['checkDrift', 4], 'setWeight:100']),
  ...rows('shift', RETREAT, STOP_Y, ['measureShare:100', 'watchTraffic:shift-100']),
  ...rows('finish', RETREAT, STOP_Y, [['readMigrations:x', 2], 'tellSessions', 'readMigrations:y']),
  ...rows('finish', RETREAT, STOP_Y, ['rehearseFinish', 'watchTraffic:finish']),
  ...rows('finish', RETREAT, STOP_Y, ['drainNodes', ['checkDrift', 5], 'readFinishFacts']),
  ...rows('finish', WITH_X, STOP_Y, ['stopNodes:x', ['readTraffic', 2], ['readFinishFacts', 2]]),
  ...rows('thaw', WITH_X, STOP_Y, [['checkDrift', 6]], true),
];

/** Of the rows of `finish`: what happens before its gate is passed. */
export const BEFORE_GATE = [
  ...['readMigrations:x', 'tellSessions', 'readMigrations:y'],
  ...['rehearseFinish', 'watchTraffic:finish'],
];

/** There is no way back: nothing is undone, and `retry` goes forward. */
export const AFTER_SEAL: readonly Failure[] = [
  ...rows('finish', [], [], ['writeSeal', 'migrateFinish', ['checkDrift', 6], ['takeBaseline', 3]]),
  ...rows('finish', [], [], ['setNodeOut:y1:out', 'reloadNode:y1', ['runTests:y', 2], 'setNodeOut:y2:in']),
  ...rows('thaw', [], [], ['thawConfiguration', 'proveWritable']),
  ...rows('thaw', [], [], ['writeSeal'], true),
  ...rows('watch', [], [], ['watchTraffic:watch']),
  ...rows('decommission', [], [], ['removeNodes:x', 'closeSeal']),
];
