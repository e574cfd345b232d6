import { describe, expect, test } from 'vitest';
import { buildReport, renderReport } from '../../src/domain/report/index.ts';
import {
  describePresent,
  describeRestore,
  restoreNames,
  restoreObstacles,
  restoreRemarks,
  whatNext,
  writtenSince,
  type BackupFacts,
  type RestoreFacts,
} from '../../src/domain/restore/index.ts';
import { renderStatus, type UpgradeStatus } from '../../src/domain/status/index.ts';
import { upgrade } from '../kong-adapter/fixture.ts';

const run = { ...upgrade('0190a1b2-aaaa-7bbb-8ccc-1234567890ab'), startedAt: '2026-02-03T04:05:06.789Z' };
const names = restoreNames('kong', run);

test('names: the same for every attempt of a run, another for every run, within 63 bytes', () => {
  expect(names).toEqual({
    database: 'kong',
    restored: 'crossfade_restore_1234567890ab',
    kept: 'kong_before_restore_20260203040506',
  });
  expect(restoreNames('kong', run)).toEqual(names);
  expect(restoreNames('kong', { ...run, runId: `${run.runId.slice(0, -1)}c` }).restored).not.toBe(names.restored);
  for (const name of ['k'.repeat(63), `${'ö'.repeat(31)}x`, '🦍'.repeat(15)]) {
    const { kept } = restoreNames(name, run);
    expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(63);
    expect(kept.endsWith('_before_restore_20260203040506')).toBe(true);
    expect(name.startsWith(kept.replace(/_before_restore_\d+$/, ''))).toBe(true);
  }
});

const facts: RestoreFacts = {
  ...{ names, workflowId: 'kong/payments', taken: [], sessions: [], answering: [], left: { lockedOut: [] } },
  ...{ user: 'kong', lacks: [] },
};

describe('what stands in the way', () => {
  test('nothing', () => {
    expect(restoreObstacles(facts)).toEqual([]);
    expect(restoreRemarks(facts)).toEqual([]);
  });

  test('a role that is locked out: an obstacle where we need it ourselves, else a remark', () => {
    const left = { lockedOut: ['kong', 'kong_x'] };
    expect(restoreObstacles({ ...facts, left })).toEqual([expect.stringContaining('ALTER ROLE "kong" LOGIN')]);
    expect(restoreRemarks({ ...facts, left })).toEqual([expect.stringContaining('locked out kong_x')]);
  });

  test('a seal or freeze of this cluster is told, of another one it stops the restore', () => {
    const of = (workflowId: string) => ({ ...facts, left: { lockedOut: [], seal: { workflowId, runId: 'r' } } });
    expect(restoreObstacles(of('kong/payments'))).toEqual([]);
    expect(restoreRemarks(of('kong/payments'))).toEqual([expect.stringContaining('stays in the kept database')]);
    expect(restoreObstacles(of('kong/other'))).toEqual([expect.stringContaining('(kong/other, run r)')]);
  });
});

const backup: BackupFacts = {
  ...{
    id: 'u/before-finish',
    manifestKey: 'k',
    label: 'before-finish',
    takenAt: '2026-02-03T02:05:06.000Z',
    kong: '3.6.1',
  },
  ...{ objects: 4, bytes: 2_500_000, encrypted: true, workspaces: ['default'], hosts: ['gw-1'], keyring: true },
  database: {
    name: 'kong',
    bytes: 9e6,
    tables: 40,
    rows: 1204,
    fingerprint: 'f'.repeat(64),
    pending: 2,
    leftOut: ['public.counters'],
  },
};
const scope = { backup, at: { host: 'db', port: 5432 }, names, host: 'gw-2', canDecrypt: false, starter: {} };

test('what it would do, in words', () => {
  const text = describeRestore({ ...scope, folder: '/srv' }, '2026-02-03T04:05:06.000Z').join('\n');
  expect(text).toContain('of 2026-02-03 02:05:06 UTC (2 h ago), just before `finish`; X was Kong 3.6.1');
  expect(text).toContain('`kong migrations up` had run, 2 migrations pending; without the rows of public.counters');
  expect(text).toContain(
    'the static files of gw-1, the decK dumps of 1 workspace, the keyring into /srv/u/before-finish on gw-2',
  );
  expect(text).toContain('still encrypted: the plan names no identity');
  expect(describeRestore(scope, backup.takenAt).join('\n')).toContain('are not unpacked: the static files');
});

test('what was written since: rows left out on purpose do not count, those that differ most come first', () => {
  const then = { fingerprint: 'a', rows: { a: 1, b: 5, counters: 0, gone: 2 }, leftOut: ['counters'] };
  const written = writtenSince(then, { fingerprint: 'b', rows: { a: 2, b: 500, counters: 9, made: 1 } });
  expect(written).toMatchObject({ configuration: true, differ: 4 });
  expect(written.tables.map(({ table }) => table)).toEqual(['b', 'gone', 'a', 'made']);
  const look = { present: { oid: 1, bytes: 1, mark: '', written }, obstacles: [], remarks: [] };
  expect(describePresent(look, names).join('\n')).toContain('b 5 → 500, gone 2 → no table, a 1 → 2, made no table → 1');
  const same = writtenSince(then, { ...then, rows: { ...then.rows, counters: 7 } });
  const words = describePresent({ ...look, present: { ...look.present, written: same } }, names).join('\n');
  expect(words).toContain('the configuration is that of the backup');
  expect(words).toContain('every table has as many rows as in the backup');
  // Only what was looked at is said.
  expect(words).toContain(
    'rows that were changed and not added or removed, outside the configuration, are not seen by that',
  );
  expect(words).toContain('not in the backup, as the plan wants it: counters (7 now)');
});

test('a size that the account may not ask for is not called 0', () => {
  const look = { present: { oid: 1, mark: 'unreadable', notCompared: 'why' }, obstacles: [], remarks: [] };
  expect(describePresent(look, names).join('\n')).toMatch(
    /a size that is not known[\s\S]*UNKNOWN +what will be lost: .*why/,
  );
});

test('against the restored database: other rows, other functions; and what is not compared is said', () => {
  const then = { fingerprint: 'a', rows: { a: 1, b: 5, counters: 0 }, leftOut: ['counters'] };
  const table = (rows: number, hash: string) => ({ rows, hash });
  const restored = {
    tables: { a: table(1, '1'), b: table(5, '2'), counters: table(0, '0') },
    objects: { 'function f()': '1', 'function g()': '1', 'columns of gone': '1' },
  };
  const present = (content: typeof restored) => {
    const written = writtenSince(then, { ...then, rows: { a: 1, b: 5, counters: 7 }, content }, restored);
    return describePresent(
      { present: { oid: 1, bytes: 1, mark: '', written }, obstacles: [], remarks: [] },
      names,
    ).join('\n');
  };
  const same = present({ ...restored, tables: { ...restored.tables, counters: table(7, '7') } });
  expect(same).toContain('tables with as many rows as in the backup have the same rows');
  expect(same).toContain(
    'schemas, columns, functions, and the names of whatever else there is are those of the backup',
  );
  expect(same).toContain('not compared: rights and settings');
  const others = { 'function g()': '2', 'function h()': '1' } as unknown as typeof restored.objects;
  const other = present({ tables: { ...restored.tables, b: table(5, '9') }, objects: others });
  expect(other).toContain('as many rows as in the backup, but other ones: b');
  expect(other).toContain('not as in the backup: function f() is gone, function g() is another, function h() is new');
});

test('status and report of a restore: what to do next comes first, and nothing of traffic', () => {
  const status: UpgradeStatus = {
    ...{
      upgrade: run,
      workflow: 'restoreBackup',
      state: 'ended',
      outcome: 'completed',
      now: '',
      endedAt: run.startedAt,
    },
    ...{ faults: [], gates: [], findings: [], backups: [], undo: [], accepted: [], migrations: { ran: [] } },
    phases: [{ name: 'swap', result: 'done', attempts: 1 }],
    traffic: { weight: 0, steps: [], weights: [], verdicts: [] },
    messages: { accepted: 0, refused: 0, bad: 0, last: [] },
    restore: {
      backup: backup.id,
      plan: ['keeps <b>it</b>'],
      present: [],
      swappedAt: run.startedAt,
      next: whatNext(names, '3.6.1', true),
    },
  };
  const markdown = renderStatus(status, Date.parse(run.startedAt));
  expect(markdown).toContain('payments · restore — completed');
  expect(markdown).toContain('The restored database is in place');
  expect(markdown).toMatch(/What to do next[\s\S]*ALTER DATABASE "kong" RENAME TO[\s\S]*The restore\n/);
  expect(markdown).toContain('&lt;b&gt;');
  expect(markdown).not.toContain('of the traffic on Y');
  const page = renderReport(buildReport(status, []));
  expect(page).toContain('restore of a backup');
  expect(page).toContain('keeps &lt;b&gt;it');
});
