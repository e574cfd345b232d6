import { describe as group, expect, test } from 'vitest';
import {
  afterFinish,
  afterUp,
  beforeFinish,
  beforeUp,
  inheritedMigrations,
  type AbandonedUp,
  type After,
  type Before,
} from '../../src/domain/migrations/index.ts';
import type { MigrationState } from '../../src/domain/migrations.ts';

// The states, as Kong's own command tells them.
const none = { executed: ['core/020_330_to_340'], pending: [], new: [] };
const acme = ['acme/003_350_to_360'];
const aiProxy = ['ai-proxy/001_360_to_370'];
const empty: MigrationState = { state: 'needs-bootstrap', executed: [], pending: [], new: ['core/000_base'] };
const clean: MigrationState = { ...none, state: 'clean' };
const fresh: MigrationState = { ...none, state: 'new', new: ['core/021_340_to_350', ...acme] };
const pending: MigrationState = { ...none, state: 'pending', pending: acme };
const both: MigrationState = { ...none, state: 'pending-and-new', pending: acme, new: aiProxy };
const bothWithCore: MigrationState = { ...both, new: ['core/024_380_to_390'] };
const bothInOne: MigrationState = { ...both, new: ['acme/004_390_to_400'] };
const bothInCore: MigrationState = { ...both, pending: ['core/016_280_to_300'] };

// What was begun before, and by whom.
const ours = ['core/021_340_to_350', 'core/016_280_to_300', ...acme, ...aiProxy];
const abandoned = (to: string, migrations: readonly string[] = ours): AbandonedUp => ({
  upgrade: {
    cluster: 'payments',
    workflowId: 'kong/payments',
    runId: 'earlier',
    startedAt: '2026-01-01T00:00:00.000Z',
  },
  from: '3.4.2',
  to,
  migrations,
  inDoubt: [],
  at: '2026-01-01T01:00:00.000Z',
});
const inherited = (state: MigrationState, ...all: readonly AbandonedUp[]) => inheritedMigrations(state, all, '3.9.1');

// What a command said.
const silent = { exitCode: 0, stdout: '', stderr: '' };
const said = (stdout: string) => ({ ...silent, stdout: `${stdout}\n` });
const failed = (text: string) => ({ exitCode: 1, stdout: '', stderr: `Error: ${text}\n\n  Run with --v (verbose)\n` });
const killed = { ...silent, exitCode: undefined };
const ABORTED = said('aborted: another node is performing database changes');

const before = (decision: Before): string => {
  if (decision.go === 'fail') return decision.failure.code;
  if (decision.go === 'nothing-to-do') return 'nothing to do';
  return decision.plugins === undefined ? 'run' : `run, with plugins: ${decision.plugins.join(',') || 'off'}`;
};
const after = (judged: After): string => (judged.done ? 'done' : judged.failure.code);

group('before up', () => {
  test.each([
    // situation                                                    | state       | begun                                         | decision
    ['an empty database', empty, undefined, 'NeedsBootstrap'],
    ['an empty database, although this upgrade has begun', empty, ours, 'NeedsBootstrap'],
    ['nothing to do', clean, undefined, 'nothing to do'],
    ['`up` twice: done, and nothing is left for `finish`', clean, ours, 'nothing to do'],
    ['new', fresh, undefined, 'run'],
    ['new, and begun before: rolled back, or ended before the first', fresh, ours, 'run'],
    ['pending of nobody knows whom', pending, undefined, 'PendingFromEarlierUpgrade'],
    ['pending of another upgrade', pending, ['core/021_340_to_350'], 'PendingFromEarlierUpgrade'],
    ['pending of this very upgrade: `up` twice', pending, ours, 'nothing to do'],
    ['pending, abandoned on the way to the same', pending, inherited(pending, abandoned('3.9.1')), 'nothing to do'],
    ['pending, abandoned, another patch', pending, inherited(pending, abandoned('3.9.0')), 'nothing to do'],
    ['pending, abandoned, another minor', pending, inherited(pending, abandoned('3.7.1')), 'PendingFromEarlierUpgrade'],
    ['pending, abandoned, of others', pending, inherited(pending, abandoned('3.9.1', [])), 'PendingFromEarlierUpgrade'],
    ['pending and new of nobody knows whom', both, undefined, 'PendingFromEarlierUpgrade'],
    ['pending and new of this upgrade: ended in the middle', both, ours, 'run, with plugins: ai-proxy'],
    ['the same, and only core is left', bothWithCore, ours, 'run, with plugins: off'],
    ['the same, in the middle of one plugin', bothInOne, ours, 'UpStuck'],
    ['the same, in the middle of core', bothInCore, ours, 'UpStuck'],
    ['pending and new, abandoned, the same', both, inherited(both, abandoned('3.9.1')), 'run, with plugins: ai-proxy'],
    ['pending and new, abandoned, a patch', both, inherited(both, abandoned('3.9.0')), 'PendingFromEarlierUpgrade'],
    ['pending and new, abandoned, a minor', both, inherited(both, abandoned('3.7.1')), 'PendingFromEarlierUpgrade'],
  ] as const)('%s', (_, state, begun, decision) => {
    expect(before(beforeUp(state, begun))).toBe(decision);
  });

  test('what is pending is named', () => {
    expect(beforeUp(pending, undefined)).toMatchObject({
      failure: { message: expect.stringContaining(acme[0] ?? '') },
    });
  });
});

group('after up', () => {
  const timeout = "failed to run migration '003_350_to_360' up: receive_message: failed to get type: timeout";
  test.each([
    // situation                                          | state  | what the command said                          | judgement
    ['clean', clean, silent, 'done'],
    ['pending', pending, silent, 'done'],
    ['pending, although the client gave up', pending, failed(timeout), 'done'],
    ['pending, although it was killed at the very end', pending, killed, 'done'],
    ['clean, although another one did it', clean, ABORTED, 'done'],
    ['aborted, with exit code 0', fresh, ABORTED, 'MigrationAborted'],
    ['exit code 0, and nothing done', fresh, silent, 'MigrationFailed'],
    ['killed', fresh, killed, 'MigrationFailed'],
    ['killed in the middle', both, killed, 'MigrationFailed'],
    ['stopped after its time', fresh, { ...killed, timedOut: true }, 'MigrationFailed'],
    ['the client gave up, the server went on', fresh, failed(timeout), 'MigrationFailed'],
    ["waited for Kong's lock in vain", fresh, failed('[PostgreSQL error] timeout'), 'MigrationAborted'],
    [
      'waited for a lock on a table in vain',
      fresh,
      failed("failed to run migration '021_340_to_350' up: ERROR: canceling statement due to lock timeout"),
      'MigrationLockTimeout',
    ],
    ['wrong password', fresh, failed('[PostgreSQL error] authentication exchange unsuccessful'), 'DatabaseRefused'],
    ['no such database', fresh, failed('FATAL: database "nosuch" does not exist'), 'DatabaseRefused'],
    ['database down', fresh, failed('connection refused'), 'DatabaseUnreachable'],
    ['session ended while nothing ran on it', fresh, failed('[PostgreSQL error] closed'), 'DatabaseUnreachable'],
    [
      'connection lost',
      fresh,
      failed('ERROR: terminating connection due to administrator command'),
      'DatabaseUnreachable',
    ],
    ['no connection left', fresh, failed('FATAL: remaining connection slots are reserved'), 'DatabaseUnreachable'],
    ['read-only role', fresh, failed('ERROR: permission denied for table locks'), 'MigrationNotPermitted'],
    ['rows only', fresh, failed('ERROR: must be owner of table clustering_data_planes'), 'MigrationNotPermitted'],
    [
      'read-only database',
      fresh,
      failed('ERROR: cannot execute DELETE in a read-only transaction'),
      'MigrationNotPermitted',
    ],
    ['another schema', fresh, failed('Cannot run migrations: Database needs bootstrapping'), 'NeedsBootstrap'],
    [
      'pending all of a sudden',
      both,
      failed("Database has pending migrations; run 'kong migrations finish'"),
      'MigrationFailed',
    ],
  ] as const)('%s', (_, state, outcome, judgement) => {
    expect(after(afterUp(state, outcome))).toBe(judgement);
  });

  test('the message has the lines of kong and the state', () => {
    expect(afterUp(fresh, failed('ERROR: must be owner of table x'))).toMatchObject({
      failure: {
        message:
          'kong migrations up ended with exit code 1: "Error: ERROR: must be owner of table x". The state is new: core/021_340_to_350, acme/003_350_to_360.',
      },
    });
  });
});

group('before finish', () => {
  test.each([
    ['an empty database', empty, 'NeedsBootstrap'],
    ['nothing pending', clean, 'nothing to do'],
    ['pending', pending, 'run'],
    ['before `up`', fresh, 'UpNotDone'],
    ['pending and new', both, 'UpNotDone'],
  ] as const)('%s', (_, state, decision) => {
    expect(before(beforeFinish(state))).toBe(decision);
  });
});

group('after finish', () => {
  const NEWS = said("\nNew migrations available; run 'kong migrations up' to proceed");
  test.each([
    ['clean', clean, said('No pending migrations to finish'), 'done'],
    ['clean, although the client gave up', clean, failed('timeout'), 'done'],
    ['clean, although it was killed at the very end', clean, killed, 'done'],
    ['aborted, with exit code 0', pending, ABORTED, 'MigrationAborted'],
    ['exit code 0, and still pending', pending, silent, 'MigrationFailed'],
    ['killed in the middle', pending, killed, 'MigrationFailed'],
    ['pending ones finished, and new ones found', fresh, NEWS, 'MigrationFailed'],
    ['database down', pending, failed('connection refused'), 'DatabaseUnreachable'],
    ['read-only role', pending, failed('ERROR: permission denied for table locks'), 'MigrationNotPermitted'],
  ] as const)('%s', (_, state, outcome, judgement) => {
    expect(after(afterFinish(state, outcome))).toBe(judgement);
  });
});
