import { describe as group, expect, test } from 'vitest';
import {
  afterFinish,
  afterUp,
  beforeFinish,
  beforeUp,
  describe,
  listAgrees,
  migrationOfLine,
  parseList,
  parseStatus,
  whatRan,
  whyNotAgain,
} from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';

const executed = ['core/020_330_to_340'];
const clean: MigrationState = { state: 'clean', executed, pending: [], new: [] };
const fresh: MigrationState = { ...clean, state: 'new', new: ['core/021_340_to_350', 'acme/003_350_to_360'] };
const pending: MigrationState = { ...clean, state: 'pending', pending: ['acme/003_350_to_360'] };
const half: MigrationState = { ...pending, state: 'pending-and-new', new: ['ai-proxy/001_360_to_370'] };
const empty: MigrationState = { state: 'needs-bootstrap', executed: [], pending: [], new: ['core/000_base'] };

const nothing = { exitCode: 0, stdout: '', stderr: '' };
const ABORTED = { ...nothing, stdout: 'aborted: another node is performing database changes\n' };
const failed = (stderr: string) => ({
  exitCode: 1,
  stdout: '',
  stderr: `Error: ${stderr}\n\n  Run with --v (verbose)\n`,
});

group('reading', () => {
  const part = (subsystem: string, ...migrations: string[]) => ({ subsystem, namespace: 'n', migrations });

  test('status: JSON after a warning and before text about the prefix', () => {
    const json = JSON.stringify({
      executed_migrations: [part('core', '000_base', '003_100_to_110')],
      pending_migrations: [part('acme', '003_350_to_360')],
      new_migrations: {},
    });
    const text = `2026/01/01 [warn] a property is deprecated\n${json}\nprefix directory /k not found, trying to create it\n`;
    expect(parseStatus(text)).toEqual({
      state: 'pending',
      executed: ['core/000_base', 'core/003_100_to_110'],
      pending: ['acme/003_350_to_360'],
      new: [],
    });
  });

  test('status: an empty database, a clean one, and no JSON', () => {
    const news = { new_migrations: [part('core', '000_base')] };
    expect(parseStatus(JSON.stringify({ needs_bootstrap: true, ...news }))?.state).toBe('needs-bootstrap');
    expect(parseStatus(JSON.stringify({ executed_migrations: [part('core', '000_base')] }))?.state).toBe('clean');
    expect(parseStatus('Error: [PostgreSQL error] connection refused')).toBeUndefined();
    expect(parseStatus('{"cut off')).toBeUndefined();
  });

  test('list: sections and exit code', () => {
    const stdout = [
      'Executed migrations:',
      '         core: 000_base, 003_100_to_110',
      '     key-auth: 000_base_key_auth',
      '',
      'Pending migrations:',
      '         acme: 003_350_to_360',
      '',
      'New migrations available:',
      '         core: 024_380_to_390',
      '',
      "Run 'kong migrations up' to proceed",
    ].join('\n');
    expect(parseList({ exitCode: 4, stdout, stderr: '' })).toEqual({
      state: 'pending-and-new',
      executed: ['core/000_base', 'core/003_100_to_110', 'key-auth/000_base_key_auth'],
      pending: ['acme/003_350_to_360'],
      new: ['core/024_380_to_390'],
    });
    expect(parseList({ exitCode: 1, stdout: '', stderr: 'Error: connection refused' })).toBeUndefined();
  });

  test.each([
    [0, clean, true],
    [3, empty, true],
    [4, pending, true],
    [4, half, true],
    [5, fresh, true],
    [5, half, false],
    [0, pending, false],
    [1, clean, false],
    [undefined, clean, false],
  ])("list's exit code %s and the state agree or not", (exitCode, state, agrees) => {
    expect(listAgrees(exitCode, state)).toBe(agrees);
  });

  test('progress', () => {
    expect(migrationOfLine('acme migrated up to: 003_350_to_360 (pending)')).toBe('acme/003_350_to_360');
    expect(migrationOfLine('9 migrations processed')).toBeUndefined();
  });
});

group('before up', () => {
  const ours = ['core/021_340_to_350', 'acme/003_350_to_360', 'ai-proxy/001_360_to_370'];

  test.each([
    ['an empty database', empty, undefined, 'NeedsBootstrap'],
    ['pending of nobody knows whom', pending, undefined, 'PendingFromEarlierUpgrade'],
    ['pending of another upgrade', pending, ['core/021_340_to_350'], 'PendingFromEarlierUpgrade'],
    ['pending and new of nobody knows whom', half, undefined, 'PendingFromEarlierUpgrade'],
  ] as const)('%s: refused', (_, state, begun, code) => {
    expect(beforeUp(state, begun)).toMatchObject({ go: 'fail', failure: { code } });
  });

  test('the message names what is pending', () => {
    expect(beforeUp(pending, undefined)).toMatchObject({
      failure: { message: expect.stringContaining('acme/003_350_to_360') },
    });
  });

  test('nothing new: nothing to do', () => expect(beforeUp(clean, undefined)).toEqual({ go: 'nothing-to-do' }));
  test('new: run', () => expect(beforeUp(fresh, undefined)).toEqual({ go: 'run' }));
  test('pending of this very upgrade: done already', () => expect(beforeUp(pending, ours).go).toBe('nothing-to-do'));

  test('ended in the middle: goes on with the plugins that have something new', () => {
    expect(beforeUp(half, ours)).toEqual({ go: 'run', plugins: ['ai-proxy'] });
    const core = { ...half, new: ['core/024_380_to_390'] };
    expect(beforeUp(core, ours)).toEqual({ go: 'run', plugins: [] });
  });

  test('ended in the middle of one subsystem: a person has to decide', () => {
    const stuck = { ...half, new: ['acme/004_360_to_370'] };
    expect(beforeUp(stuck, ours)).toMatchObject({ go: 'fail', failure: { code: 'UpStuck' } });
    const core = { ...half, pending: ['core/016_280_to_300'] };
    expect(beforeUp(core, [...ours, 'core/016_280_to_300'])).toMatchObject({ failure: { code: 'UpStuck' } });
  });
});

group('after up', () => {
  test.each([
    ['clean', clean, nothing],
    ['pending', pending, nothing],
    ['pending, although the client gave up', pending, failed('receive_message: failed to get type: timeout')],
    ['pending, although it was killed at the very end', pending, { ...nothing, exitCode: undefined }],
    ['clean, although another one did it', clean, ABORTED],
  ])('%s: done', (_, state, outcome) => expect(afterUp(state, outcome)).toEqual({ done: true }));

  test.each([
    ['aborted with exit code 0', ABORTED, 'MigrationAborted'],
    ['exit code 0 and nothing done', nothing, 'MigrationFailed'],
    ['killed', { ...nothing, exitCode: undefined }, 'MigrationFailed'],
    ['stopped after its time', { ...nothing, exitCode: undefined, timedOut: true }, 'MigrationFailed'],
    [
      'client time-out',
      failed("failed to run migration '003_350_to_360' up: receive_message: failed to get type: timeout"),
      'MigrationFailed',
    ],
    ['waited for the lock in vain', failed('[PostgreSQL error] timeout'), 'MigrationFailed'],
    ['wrong password', failed('[PostgreSQL error] authentication exchange unsuccessful'), 'DatabaseRefused'],
    ['no such database', failed('FATAL: database "nosuch" does not exist'), 'DatabaseRefused'],
    ['database down', failed('connection refused'), 'DatabaseUnreachable'],
    ['no connection left', failed('FATAL: remaining connection slots are reserved'), 'DatabaseUnreachable'],
    ['read-only role', failed('ERROR: permission denied for table locks'), 'MigrationNotPermitted'],
    ['rows only', failed('ERROR: must be owner of table clustering_data_planes'), 'MigrationNotPermitted'],
    ['read-only database', failed('ERROR: cannot execute DELETE in a read-only transaction'), 'MigrationNotPermitted'],
    ['another schema', failed('Cannot run migrations: Database needs bootstrapping'), 'NeedsBootstrap'],
    [
      'pending all of a sudden',
      failed("Database has pending migrations; run 'kong migrations finish'"),
      'MigrationFailed',
    ],
  ])('%s: not done', (_, outcome, code) => {
    expect(afterUp(fresh, outcome)).toMatchObject({ done: false, failure: { code } });
  });

  test('the message has the lines of kong and the state', () => {
    const result = afterUp(fresh, failed('ERROR: must be owner of table x'));
    expect(result).toMatchObject({
      failure: {
        message:
          'kong migrations up ended with exit code 1: "Error: ERROR: must be owner of table x". The state is new: core/021_340_to_350, acme/003_350_to_360.',
      },
    });
  });
});

group('finish', () => {
  test.each([
    ['an empty database', empty, 'NeedsBootstrap'],
    ['before up', fresh, 'UpNotDone'],
    ['pending and new', half, 'UpNotDone'],
  ] as const)('%s: refused', (_, state, code) => {
    expect(beforeFinish(state)).toMatchObject({ go: 'fail', failure: { code } });
  });
  test('nothing pending: nothing to do', () => expect(beforeFinish(clean)).toEqual({ go: 'nothing-to-do' }));
  test('pending: run', () => expect(beforeFinish(pending)).toEqual({ go: 'run' }));

  test('done when nothing is left, whatever the exit code', () => {
    expect(afterFinish(clean, failed('timeout'))).toEqual({ done: true });
  });
  test('aborted with exit code 0', () => {
    expect(afterFinish(pending, ABORTED)).toMatchObject({ done: false, failure: { code: 'MigrationAborted' } });
  });
  test('exit code 0 and still pending', () => {
    expect(afterFinish(pending, nothing)).toMatchObject({ done: false, failure: { code: 'MigrationFailed' } });
  });
  test('pending ones are finished and new ones were found', () => {
    const text = { ...nothing, stdout: "\nNew migrations available; run 'kong migrations up' to proceed\n" };
    expect(afterFinish(fresh, text)).toMatchObject({ done: false });
  });
});

test('what ran', () => {
  const after = { ...pending, executed: [...executed, 'core/021_340_to_350'] };
  expect(whatRan(fresh, after)).toEqual(['core/021_340_to_350', 'acme/003_350_to_360']);
  expect(whatRan(pending, { ...clean, executed: [...executed, 'acme/003_350_to_360'] })).toEqual([
    'acme/003_350_to_360',
  ]);
  expect(whatRan(clean, clean)).toEqual([]);
});

test('states in words', () => {
  expect(describe(clean)).toBe('No migration is new or pending.');
  expect(describe(empty)).toBe('The database needs bootstrapping.');
  expect(describe(half)).toBe('The state is new: ai-proxy/001_360_to_370; pending: acme/003_350_to_360.');
});

test('migrations that must not run twice', () => {
  expect(whyNotAgain({ ...fresh, new: ['core/016_280_to_300'] }, '3.4.2')).toContain('regex path');
  expect(whyNotAgain({ ...fresh, new: ['rate-limiting/006_350_to_360'] }, '3.6.1')).toContain('Redis');
  expect(whyNotAgain({ ...fresh, new: ['rate-limiting/006_350_to_360'] }, '3.7.1')).toBeUndefined();
  expect(whyNotAgain(fresh, '3.9.1')).toBeUndefined();
});
