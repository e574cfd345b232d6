import { describe, expect, test } from 'vitest';
import type { DatabaseRef, Plan } from '../../src/domain/plan/index.ts';
import * as rules from '../../src/domain/rules/index.ts';

const database: DatabaseRef = { host: 'db', port: 5432, name: 'kong', user: 'kong' };
const root = (version: string, more = {}) => ({
  version,
  configuration: {
    role: 'traditional',
    database: 'postgres',
    pg_host: 'db',
    pg_port: 5432,
    pg_database: 'kong',
    ...more,
  },
});
const node = (name: string, version = '3.6.1', more = {}) => ({ name, answers: true, root: root(version, more) });
const down = { name: 'x2', answers: false, unreadable: 'nothing answers' };

describe('version-path', () => {
  const judge = (x: string, y: string, path?: Plan['path']) =>
    rules.versionPath({ x: { version: x }, y: { version: y }, path } as Pick<Plan, 'x' | 'y' | 'path'>);
  const accept = (kind: NonNullable<Plan['path']>['accept']) => ({ accept: kind, reason: 'no second database' });

  test.each([
    ['3.9.0', '3.9.1', undefined, 'pass'],
    ['3.4.3.4', '3.4.3.5', undefined, 'pass'],
    ['3.6.1', '3.7.1', undefined, 'refuse'],
    ['3.6.1', '3.7.1', accept('minor'), 'warn'],
    ['3.6.1', '3.7.1', accept('lts'), 'refuse'],
    ['2.8.5', '3.4.2', accept('lts'), 'warn'],
    ['3.4.2', '3.9.1', accept('minor'), 'refuse'],
    ['3.4.2', '3.9.1', accept('skips-minors'), 'warn'],
    ['2.8.1', '3.4.2', accept('lts'), 'refuse'],
    ['3.7.1', '3.6.1', undefined, 'refuse'],
    ['3.7.1', '3.7.1', undefined, 'refuse'],
  ] as const)('%s to %s, accepted: %o: %s', (x, y, path, level) => {
    expect(judge(x, y, path)).toMatchObject({ rule: 'version-path', level });
  });

  test('says who accepts what, and what to write', () => {
    expect(judge('3.6.1', '3.7.1', accept('minor')).message).toContain('no second database');
    expect(judge('3.6.1', '3.7.1').hint).toContain('accept: minor');
  });
});

describe('nodes', () => {
  test('X is ready and of one version', () => {
    expect(rules.xReady([node('x1'), node('x2')], '3.6.1').map(({ level }) => level)).toEqual(['pass', 'pass']);
  });
  test('every node that is not is named, with its reason', () => {
    const unready = { ...node('x3'), notReady: 'its database is not reachable' };
    const [ready, version] = rules.xReady([node('x1', '3.6.0'), down, unready], '3.6.1');
    expect(ready).toMatchObject({
      level: 'refuse',
      message: expect.stringContaining('x2: nothing answers; x3: its database'),
    });
    expect(version).toMatchObject({ level: 'refuse', message: expect.stringContaining('x1 is 3.6.0') });
  });
  test('Y runs not yet; later it may, and nothing else', () => {
    const y = [{ ...down, name: 'y1' }];
    expect(rules.yNotRunning(y, '3.7.1', false).level).toBe('pass');
    expect(rules.yNotRunning([node('y1', '3.7.1')], '3.7.1', false).level).toBe('refuse');
    expect(rules.yNotRunning([node('y1', '3.7.1')], '3.7.1', true).level).toBe('pass');
    expect(rules.yNotRunning([node('y1', '3.6.1')], '3.7.1', true).level).toBe('refuse');
    const other = { name: 'y1', answers: true, unreadable: 'no JSON' };
    expect(rules.yNotRunning([other], '3.7.1', true).level).toBe('refuse');
  });
  test('hybrid mode is refused', () => {
    expect(rules.topology([node('x1')]).level).toBe('pass');
    expect(rules.topology([node('x1', '3.6.1', { role: 'control_plane' })])).toMatchObject({
      level: 'refuse',
      message: expect.stringContaining('x1 is a control plane'),
    });
  });
});

describe('database', () => {
  test.each([
    [{}, 'pass'],
    [{ pg_database: 'other' }, 'refuse'],
    [{ database: 'off' }, 'refuse'],
    [{ pg_host: '10.0.0.1' }, 'warn'],
    [{ pg_port: 6432 }, 'warn'],
  ])('X has %o: %s', (more, level) => {
    expect(rules.sameDatabase([node('x1', '3.6.1', more)], database).level).toBe(level);
  });

  const sizes = { x: 2, y: 2 };
  test.each([
    ['enough', { max: 200, reserved: 3, used: 20, kong: 8 }, 'pass'],
    ['few for each node', { max: 100, reserved: 3, used: 10, kong: 8 }, 'warn'],
    ['none left', { max: 100, reserved: 3, used: 90, kong: 8 }, 'refuse'],
    ['X uses many', { max: 200, reserved: 3, used: 110, kong: 100 }, 'refuse'],
  ])('connections: %s', (_, facts, level) => expect(rules.connections(facts, sizes).level).toBe(level));

  test('the message of a refusal stays the same while the figures change', () => {
    const one = rules.connections({ max: 100, reserved: 3, used: 90, kong: 8 }, sizes);
    const other = rules.connections({ max: 100, reserved: 3, used: 91, kong: 9 }, sizes);
    expect(one.message).toBe(other.message);
    expect(one.hint).not.toBe(other.hint);
  });
});

describe('metrics', () => {
  const on = { status_code_metrics: true, latency_metrics: true };
  const plugin = (config: object, more = {}) => ({
    name: 'prometheus',
    enabled: true,
    global: true,
    config: { ...config },
    ...more,
  });
  test.each([
    ['on', [plugin(on)], 'pass'],
    ['not there', [], 'refuse'],
    ['with its defaults', [plugin({})], 'refuse'],
    ['without latencies', [plugin({ status_code_metrics: true })], 'refuse'],
    ['switched off', [plugin(on, { enabled: false })], 'refuse'],
    ['on for one service', [plugin(on, { global: false })], 'refuse'],
  ])('the plugin is %s', (_, plugins, level) => {
    const finding = rules.metricsOn('3.6.1', plugins, []);
    expect(finding.level).toBe(level);
    if (level === 'refuse') expect(finding.hint).toContain('status_code_metrics');
  });
  test('unreadable, and too old', () => {
    expect(rules.metricsOn('3.6.1', [plugin(on)], ['x1 does not answer']).message).toContain('x1 does not answer');
    expect(rules.metricsOn('2.8.5', [plugin(on)], []).level).toBe('refuse');
  });
});

describe('rehearsed', () => {
  const plan = { rehearsed: { workflow: 'kong/staging' } };
  test.each([
    [{ outcome: 'completed' }, 'pass'],
    [{ outcome: 'rolled-back' }, 'refuse'],
    [{ outcome: 'running' }, 'refuse'],
    [{ unreadable: 'no server' }, 'refuse'],
    [undefined, 'refuse'],
  ])('%o: %s', (found, level) => expect(rules.rehearsed(plan, found).level).toBe(level));
  test('a waiver names who and why', () => {
    const finding = rules.rehearsed({ rehearsed: { waiver: { by: 'ada', reason: 'tried by hand' } } }, undefined);
    expect(finding).toMatchObject({ level: 'warn', message: expect.stringMatching(/ada.*tried by hand/) });
  });
});

test.each([
  [3_600_000, 'pass'],
  [700_000, 'warn'],
  [500_000, 'refuse'],
])('bakes of 10 min in a freeze of %d ms: %s', (limit, level) => {
  const steps = [
    { y: 50, bake: 300_000, approve: false },
    { y: 100, bake: 300_000, approve: false },
  ];
  const plan = { freeze: { limit }, traffic: { steps } } as Pick<Plan, 'freeze' | 'traffic'>;
  expect(rules.freezeTime(plan).level).toBe(level);
});

test('frozen: the guard of this upgrade, nothing changed', () => {
  const state = {
    frozen: true,
    runId: 'run-1',
    guardedTables: 20,
    unknownTables: [],
    unguardedTables: [],
    nodeWriters: [],
  };
  expect(rules.freezeInPlace(state, { runId: 'run-1' }).level).toBe('pass');
  expect(rules.freezeInPlace(state, { runId: 'run-2' }).level).toBe('refuse');
  expect(rules.freezeInPlace({ ...state, frozen: false }, { runId: 'run-1' }).level).toBe('refuse');
  const fingerprint = { whole: '0', tables: 1, rows: 1, takenAt: '' };
  expect(rules.unchanged({ fingerprint, changes: [], total: 0 }).level).toBe('pass');
  const changes = [{ table: 'routes', id: 'i', name: 'shop', change: 'changed' as const }];
  expect(rules.unchanged({ fingerprint, changes, total: 1 }).message).toContain('routes shop');
});

describe('hosts', () => {
  const state = { executed: [], pending: [], new: [] };
  const pending = { ...state, state: 'pending' as const, pending: ['acme/003'] };
  const fresh = { ...state, state: 'new' as const, new: ['core/024'] };
  const clean = { ...state, state: 'clean' as const };
  test.each([
    ['x', clean, undefined, 'pass'],
    ['x', pending, undefined, 'refuse'],
    ['x', fresh, undefined, 'refuse'],
    ['y', clean, undefined, 'pass'],
    ['y', fresh, undefined, 'pass'],
    ['y', pending, undefined, 'refuse'],
    ['y', pending, ['acme/003'], 'pass'],
    ['y', pending, ['acme/002'], 'refuse'],
  ] as const)('migrations as %s sees them: %o, begun %o: %s', (side, migrations, begun, level) => {
    expect(rules.migrationState(side, migrations, begun).level).toBe(level);
  });
  test('the kong command', () => {
    expect(rules.commandVersion('y', '3.7.1', '3.7.1').level).toBe('pass');
    expect(rules.commandVersion('y', '3.7.1', '3.6.1').message).toContain('3.6.1, not 3.7.1');
    expect(rules.commandVersion('y', '3.7.1', undefined, 'not found')).toMatchObject({ level: 'refuse' });
  });
  test('programs', () => {
    expect(rules.program('pg_dump', 'pg_dump (PostgreSQL) 15.1').level).toBe('pass');
    expect(rules.program('pg_dump', undefined, 'none').level).toBe('refuse');
  });
});
