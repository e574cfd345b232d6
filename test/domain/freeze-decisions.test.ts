import { describe, expect, test } from 'vitest';
import { freezeDecisions } from '../../src/domain/node-writers.ts';
import { buildReport, renderReport } from '../../src/domain/report/index.ts';
import { renderStatus, type UpgradeStatus } from '../../src/domain/status/index.ts';
import { completed, completedTimeline, msAt, shifting } from '../status/fixtures.ts';

const decided = {
  unknownTables: ['my_credentials'],
  unguardedTables: ['my_counters', 'my_tokens'],
  nodeWriters: ['acme', 'oauth2'],
} as const;
const withDecisions = (status: UpgradeStatus): UpgradeStatus =>
  status.freeze === undefined ? status : { ...status, freeze: { ...status.freeze, ...decided } };

describe('what a freeze decided by itself', () => {
  test('one sentence for tables guarded by their looks, for tables left writable, and for each plugin that makes nodes write', () => {
    expect(freezeDecisions(decided)).toEqual([
      expect.stringMatching(/list of Kong's tables: my_credentials\. Guarded/),
      expect.stringMatching(/list of Kong's tables: my_counters, my_tokens\. Left writable/),
      expect.stringMatching(/acme .* managed-by-acme passes the guard .* Everything else in these tables is refused/),
      expect.stringMatching(/oauth2 .* refused.* gets its token all the same/),
    ]);
    expect(freezeDecisions({ unknownTables: [], unguardedTables: [], nodeWriters: [] })).toEqual([]);
  });

  test('the status shows it, and is silent where nothing was decided', () => {
    const text = renderStatus(withDecisions(shifting), msAt(400));
    expect(text).toContain('### What the freeze decided');
    expect(text).toContain('my\\_counters, my\\_tokens');
    expect(text).toContain('Plugin acme goes on renewing');
    expect(renderStatus(shifting, msAt(400))).not.toContain('What the freeze decided');
  });

  test('the report shows it, as a page and as data', () => {
    const report = buildReport(withDecisions(completed), completedTimeline);
    expect(report.freeze?.decisions).toEqual(freezeDecisions(decided));
    const page = renderReport(report);
    expect(page).toContain('What the freeze decided');
    expect(page).toContain('Plugin oauth2 may want to store');
    expect(renderReport(buildReport(completed, completedTimeline))).not.toContain('What the freeze decided');
  });
});
