import { styleText } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noPaint } from '../../src/cli/io.ts';
import { bar } from '../../src/cli/terminal/bar.ts';
import { describeLive, readLive, transfers, type LiveActivity } from '../../src/cli/live.ts';
import { fit, widthOf } from '../../src/cli/terminal/text.ts';
import { renderTree } from '../../src/cli/terminal/tree.ts';
import type { UpgradeStatus } from '../../src/domain/status/index.ts';
import {
  at,
  completed,
  figures,
  held,
  msAt,
  refused,
  rolledBack,
  shifting,
  stuck,
  unproven,
  waiting,
} from '../status/fixtures.ts';

const tree = (status: UpgradeStatus, seconds: number, columns = 200) =>
  renderTree({ status, live: [], now: msAt(seconds), columns, paint: noPaint });

describe('the live tree', () => {
  it('shows state, weight and how long the configuration is frozen', () => {
    const [first, second] = tree(shifting, 420);
    expect(first).toBe('payments · Kong 3.6.1 → 3.7.1   running   7 min');
    expect(second).toBe(
      '▕██████                  ▏  25 % on Y   configuration frozen for 4 min 53 s, at most until 18:02:07 UTC',
    );
  });

  it('shows what each balancer does where they differ', () => {
    const balancers = [
      { name: 'edge', weight: 0 },
      { name: 'zone', weight: 25 },
    ];
    const withWeights = (each: typeof balancers) =>
      tree({ ...shifting, traffic: { ...shifting.traffic, balancers: each } }, 420);
    expect(withWeights(balancers)).toContain('each balancer: edge 0 %, zone 25 %');
    const alike = balancers.map(({ name }) => ({ name, weight: 25 }));
    expect(withWeights(alike).some((line) => line.startsWith('each balancer'))).toBe(false);
  });

  it('shows phases, the running step with its bar, and verdicts', () => {
    const lines = tree(shifting, 415);
    expect(lines).toContain('├─ ✓ freeze        32 s           41 tables guarded');
    expect(lines).toContain('├─ ▶ shift         4 min 4 s');
    expect(lines).toContain('│  ├─ ▶  25 %   ▕████████        ▏ 1 min 15 s of 2 min 30 s');
    expect(lines).toContain('│  ├─ ·  50 %   bake 2 min 30 s, asks first');
    expect(lines.find((line) => line.includes('5 %   pass'))).toContain('Y 0 % errors, p99 ≤ 25 ms (1,800 requests)');
    expect(lines).toContain('└─ · decommission');
  });

  it('shows of the steps that a retreat took back what sent them back', () => {
    const steps = held.traffic.steps.map((step) => ({ ...step, state: 'pending' as const }));
    const lines = tree({ ...held, traffic: { ...held.traffic, steps } }, 400);
    expect(lines.find((line) => line.includes('·   5 %'))).toContain('taken back after pass  Y 0 % errors');
    expect(lines.find((line) => line.includes('·  25 %'))).toContain('taken back after fail  Y 5.');
    expect(lines).toContain('│  ├─ ·  50 %   bake 2 min 30 s, asks first');
  });

  it('shows below the phase what was backed up, where it is, and what is not proved', () => {
    const lines = tree({ ...waiting, backups: [...waiting.backups, unproven] }, 1_500, 400);
    const at = lines.findIndex((line) => line.includes('✓ backup'));
    expect(lines.slice(at + 1, at + 3)).toEqual([
      '│  ├─ ✓ before         3 objects, 1.8 MB, read back, encrypted with age, restored for a test · s3://kong-backups/crossfade/payments/2026-11-24T10-00-00/before/manifest.json',
      '│  └─ ✓ before-finish  1 object, 1.5 MB, read back, not encrypted with age, not restored for a test, why not: The role <kong> may not create a scratch database. · s3://kong-backups/crossfade/payments/2026-11-24T10-00-00/before-finish/manifest.json',
    ]);
    expect(tree(completed, 9_000).at(-1)).toContain('`crossfade backups PLAN` lists them all');
  });

  it('ends with what only a person can decide, and the command for it', () => {
    expect(tree(waiting, 1_500).join('\n')).toContain('crossfade approve payments --gate finish   #');
    const text = tree(held, 700).join('\n');
    expect(text).toContain('✗ breach in shift at 10:06:12 UTC: Y answers 5.1 %');
    expect(text).toContain(
      'crossfade retry payments --phase shift   # go on at shift; an earlier phase is possible: stage',
    );
    const unwinding = tree(stuck, 700).join('\n');
    expect(unwinding).toContain('✗ stop Y (attempt 4) y2 still answers');
    expect(unwinding).toContain('crossfade accept payments --finding undo:stopY --reason WHY');
  });

  it('ends with the outcome when there is nothing to decide', () => {
    expect(tree(completed, 9_000)).toContain('Y serves everything, writes work, the database is finished.');
    expect(tree(rolledBack, 9_000)[0]).toContain('rolled back   10 min 40 s');
    expect(tree(refused, 9_000)).toContain('✗ traffic.steps[0].y: Too small: expected number to be >=1');
  });

  it('fits into the terminal, with colours', () => {
    const paint = (style: Parameters<typeof styleText>[0], text: string) =>
      styleText(style, text, { validateStream: false });
    for (const status of [shifting, held, stuck])
      for (const line of renderTree({ status, live: [], now: msAt(700), columns: 60, paint }))
        expect(widthOf(line)).toBeLessThanOrEqual(60);
  });
});

describe('live figures', () => {
  const base = { activity: 'watchTraffic', attempt: 1 };

  it('are shown in words for what is known', () => {
    const sample = { at: at(1), weight: 25, x: figures(900, 0, 40), y: figures(300, 0.01, 50) };
    const verdict = { verdict: 'pass', control: 'x', reasons: [] };
    expect(describeLive({ ...base, details: { sample, verdict, state: {} } })).toBe(
      'watchTraffic · Y 1 % errors, p99 50 ms (300 requests); X 0 % errors, p99 40 ms (900 requests) · pass',
    );
    expect(
      describeLive({ activity: 'migrateUp', attempt: 1, details: { command: 'kong migrations up', done: 1, of: 2 } }),
    ).toBe('migrateUp · command kong migrations up · done 1 · of 2');
    expect(
      describeLive({ activity: 'dumpDatabase', attempt: 3, lastFailure: 'no\nS3', details: { bytes: 1_200_000 } }),
    ).toBe('dumpDatabase · 1.2 MB · attempt 3 after: no S3');
  });

  it('may be anything', () => {
    const words = fc.constantFrom('bytes', 'total', 'perSecond', 'doing');
    const details = fc.oneof(fc.anything(), fc.dictionary(words, fc.anything()));
    fc.assert(fc.property(details, (details) => describeLive({ ...base, details }).startsWith('watchTraffic')));
  });

  it('of an attempt that has ended are none of now', () => {
    const ended = {
      activity: 'dumpDatabase',
      attempt: 2,
      waits: true,
      details: { doing: 'dumping kong', bytes: 9 },
    } as const;
    expect(describeLive({ ...ended, lastFailure: 'no S3' })).toBe('dumpDatabase · waits for attempt 2 after: no S3');
    expect(describeLive({ ...ended, attempt: 1 })).toBe('dumpDatabase · waits for a worker');
    expect(transfers([ended])).toEqual([]);
  });

  it('come from what Temporal says of an activity', () => {
    const pending = { activityType: { name: 'dumpDatabase' }, attempt: 2, lastFailure: { message: 'no S3' } };
    const data = Buffer.from(JSON.stringify({ bytes: 5 }));
    const heartbeatDetails = { payloads: [{ metadata: { encoding: Buffer.from('json/plain') }, data }] };
    const known = { activity: 'dumpDatabase', attempt: 2, lastFailure: 'no S3', details: { bytes: 5 } };
    expect(readLive([{ ...pending, state: 2, heartbeatDetails }])).toEqual([known]);
    expect(readLive([{ ...pending, state: 1, heartbeatDetails }])).toEqual([{ ...known, waits: true }]);
  });
});

describe('the progress of a backup', () => {
  const dump = (figures: object): LiveActivity => ({
    activity: 'dumpDatabase',
    attempt: 1,
    details: { doing: 'dumping kong', ...figures },
  });
  const shown = (live: LiveActivity, columns = 200) =>
    renderTree({ status: shifting, live: [live], now: msAt(420), columns, paint: noPaint })
      .slice(-4)
      .filter((line) => /dumpDatabase|▕|about/.test(line));

  it('is a bar, and how far it is', () => {
    const figures = { bytes: 1_200_000_000, total: 2_800_000_000, perSecond: 110_000_000 };
    expect(shown(dump(figures))).toEqual([
      '      dumpDatabase · dumping kong',
      '      ▕██████████▎             ▏ about 42 % · about 15 s left · 1.2 GB of about 2.8 GB · 110 MB/s',
    ]);
    expect(transfers([dump(figures), { ...dump({}), activity: 'exportKeyring' }])).toEqual([
      'dumpDatabase · dumping kong · about 42 % · about 15 s left · 1.2 GB of about 2.8 GB · 110 MB/s',
    ]);
  });

  it('keeps the percentage and the time left on a narrow terminal', () => {
    const lines = shown(dump({ bytes: 12e8, total: 28e8, perSecond: 11e7 }), 50);
    expect(lines[1]).toMatch(/^ {6}▕█{4}▎ {5}▏ about 42 % · about 15 s left ·…$/);
  });

  it('without an estimate is what has been moved, without a bar', () => {
    expect(shown(dump({ bytes: 1_200_000, perSecond: 0 }))).toEqual([
      '      dumpDatabase · dumping kong · 1.2 MB · 0 B/s',
    ]);
  });
});

describe('a bar', () => {
  it('has one width for every ratio', () => {
    for (const ratio of [-1, 0, 0.01, 0.5, 0.999, 1, 7]) expect(widthOf(bar(ratio, 10))).toBe(12);
    expect(bar(0, 4)).toBe('▕    ▏');
    expect(bar(1, 4)).toBe('▕████▏');
  });
});

describe('a line', () => {
  it('is cut with its colours ended', () => {
    expect(fit('\u001b[31mabcdef\u001b[39m', 4)).toBe('\u001b[31mabc…\u001b[0m');
    expect(fit('abc', 3)).toBe('abc');
  });
});
