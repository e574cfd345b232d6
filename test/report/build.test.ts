import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/domain/plan/index.ts';
import { buildReport } from '../../src/domain/report/index.ts';
import {
  at,
  completed,
  completedTimeline,
  refused,
  rolledBack,
  rolledBackTimeline,
  shifting,
  stuck,
} from '../status/fixtures.ts';

const accepted = {
  startedBy: 'cleo',
  path: { accept: 'minor', reason: 'no second database' },
  rehearsed: { waiver: { by: 'cleo', reason: 'done by hand' } },
} as const;
const risks = [{ risk: 'up-not-repeatable', reason: 'a quiet night' }];
const plan = { ...accepted, migrations: { accept: risks }, freeze: { idleWriters: [] as object[] } } as Plan;

describe('buildReport', () => {
  it('tells a completed upgrade with the names that scripts rely on', () => {
    const report = buildReport(completed, completedTimeline, plan);
    expect(report).toMatchObject({
      outcome: 'completed',
      cluster: 'payments',
      from: '3.6.1',
      to: '3.7.1',
      endedAt: at(2_490),
      planned: { ...accepted, risks },
      seal: { approvedBy: ['ann', 'bob'] },
      freeze: { ms: 1_458_000 },
      migrations: { before: { state: 'new' }, after: { state: 'clean' } },
      undone: [],
      backups: [
        {
          ...{ label: 'before', bucket: 'kong-backups', objects: 3, bytes: 1_812_400, takenAt: at(140) },
          ...{ manifestKey: 'crossfade/payments/2026-11-24T10-00-00/before/manifest.json' },
          ...{ encrypted: true, verified: true, restored: true },
        },
      ],
    });
    expect(report.phases[0]).toMatchObject({ name: 'preflight', startedAt: at(1), endedAt: at(13), result: 'done' });
    expect(report.approvals.map(({ gate, by }) => `${gate} ${by}`)).toEqual(['start ann', 'finish ann', 'finish bob']);
    expect(report.verdicts.map((one) => one.verdict)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'pass']);
    expect(report.weights.map((one) => one.weight)).toEqual([5, 25, 50, 100]);
    expect(report.databaseLeft).toBeUndefined();
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('says after an unwind what the upped database means for X and for the next attempt', () => {
    const report = buildReport(rolledBack, rolledBackTimeline);
    expect(report.databaseLeft?.executed).toEqual(['core/023_360_to_370']);
    expect(report.databaseLeft?.forX).toContain('X (3.6.1) ignores migrations that it does not know');
    const next = report.databaseLeft?.forNextAttempt;
    expect(next).toContain('One migration waits for `kong migrations finish`');
    expect(next).toContain('Kong refuses `up` of any other minor version than that of 3.7.1');
    expect(next).toContain('goes on with it, counts what X wrote');
    expect(next).toContain(`the backup in ${rolledBack.backups[0]?.bucket}, ${rolledBack.backups[0]?.manifestKey}`);
    expect(report.undone.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'returnTraffic done',
      'stopY done',
      'thaw done',
    ]);
    expect(report.summary).toContain('It went wrong in shift (breach).');
  });

  it('says so when nothing is pending after `up`', () => {
    const migrations = { ...rolledBack.migrations, afterUp: { ...completed.migrations.after! } };
    const report = buildReport({ ...rolledBack, migrations }, []);
    expect(report.databaseLeft?.forNextAttempt).toContain('already complete for 3.7.1');
  });

  it('has nothing to say about the database where nothing was migrated', () => {
    expect(buildReport({ ...rolledBack, migrations: { ran: [] } }, []).databaseLeft).toBeUndefined();
  });

  it('reports what is known so far, and leaves out undos that nobody needed', () => {
    const report = buildReport(shifting, completedTimeline.slice(0, 7));
    expect(report.outcome).toBeUndefined();
    expect(report.summary).toBe('Not ended yet: running.');
    expect(report.undone).toEqual([]);
    expect(buildReport(stuck, []).undone[1]).toMatchObject({ name: 'stopY', result: 'stuck', attempts: 4 });
  });

  it('has the faults of a refused plan', () => {
    const report = buildReport(refused, []);
    expect(report).toMatchObject({ outcome: 'refused', faults: [{ path: 'traffic.steps[0].y' }] });
  });
});
