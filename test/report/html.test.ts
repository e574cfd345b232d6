import { describe, expect, it } from 'vitest';
import { buildReport, renderReport, type Report } from '../../src/domain/report/index.ts';
import { markup } from '../../src/domain/report/html/markup.ts';
import { measured } from '../../src/domain/report/html/series.ts';
import { timeScale } from '../../src/domain/report/html/time-scale.ts';
import type { Sample } from '../../src/domain/verdict/index.ts';
import {
  at,
  completed,
  completedTimeline,
  figures,
  msAt,
  refused,
  rolledBack,
  rolledBackTimeline,
  unproven,
} from '../status/fixtures.ts';
import { completedSamples, rolledBackSamples } from './samples.ts';

const report = buildReport(completed, completedTimeline);
const count = (text: string, part: string) => text.split(part).length - 1;

describe('renderReport', () => {
  it('is one page without script, file or address of another host', () => {
    const page = renderReport(report, completedSamples);
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|\ssrc=|\shref=|url\(|@import|https?:/);
    expect(page).toContain("default-src 'none'");
    expect(page).toContain('<title>payments 3.6.1 → 3.7.1: completed</title>');
  });

  it('draws four pictures with a title and a description each', () => {
    const page = renderReport(report, completedSamples);
    expect(count(page, 'class="chart"')).toBe(4);
    expect(count(page, '<desc')).toBe(4);
    expect(page).toContain('5&nbsp;% at 10:02:52 (step 5&nbsp;%); 25&nbsp;% at 10:05:35 (step 25&nbsp;%)');
    expect(page).toContain('watch: 15 min');
    expect(page).toContain('Y: between 0&nbsp;% and 0.04&nbsp;%; X: between 0&nbsp;% and 0&nbsp;%');
  });

  it('shows what went wrong, what was undone and what the database is in', () => {
    const page = renderReport(buildReport(rolledBack, rolledBackTimeline), rolledBackSamples);
    expect(page).toContain('What went wrong');
    expect(page).toContain('What the database is in now');
    expect(page).toContain('all traffic back to X');
    expect(page).toMatch(/class="marker failure"/);
    expect(page).toMatch(/Y: between 0&nbsp;% and 5\.\d+&nbsp;%/);
  });

  it('does without samples: the averages of the watches are drawn', () => {
    expect(renderReport(report)).toContain('(averages of each watch)');
  });

  it('draws nothing when nothing was begun', () => {
    const page = renderReport(buildReport(refused, []));
    expect(page).toContain('Faults of the plan');
    expect(page).not.toContain('class="chart"');
  });

  it('shows the backups: where, what is proved of them and why not, and how to get at them', () => {
    const page = renderReport({ ...report, backups: [...report.backups, unproven] });
    const [first = '', second = ''] = page.split('<h2>Backups</h2>')[1]?.split('<tr>').slice(2) ?? [];
    expect(first).toContain('s3://kong-backups/crossfade/payments/2026-11-24T10-00-00/before/manifest.json');
    expect(count(first, '>yes<')).toBe(3);
    expect(second).toContain('The role &lt;kong&gt; may not create a scratch database.');
    expect(second).toMatch(/tag ok">yes<[\s\S]*tag warn">no<[\s\S]*<td class="">no</);
    expect(page).toContain('<code>crossfade backups PLAN</code> lists them all');
  });

  it('counts what a load generator saw', () => {
    const page = renderReport({ ...report, requests: { sent: 160_220, failed: 96, failedByY: 96 }, workerRestarts: 2 });
    expect(page).toContain('160,220');
    expect(page).toContain('96 answered so by Y');
    expect(page).toContain('worker restarts');
  });

  it('escapes every text, wherever it comes from', () => {
    const evil = `"><script>alert('x')</script><svg onload=alert(1)> & \u202e`;
    const replaceTexts = (value: unknown, key = ''): unknown => {
      if (Array.isArray(value)) return value.map((one) => replaceTexts(one));
      if (typeof value === 'object' && value !== null)
        return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, replaceTexts(one, name)]));
      const fixed = ['outcome', 'state', 'verdict', 'control', 'level', 'result', 'kind', 'change'];
      const isTime = typeof value === 'string' && !Number.isNaN(Date.parse(value));
      return typeof value === 'string' && !isTime && !fixed.includes(key) ? evil : value;
    };
    for (const status of [completed, rolledBack]) {
      const page = renderReport(replaceTexts(buildReport(status, rolledBackTimeline)) as Report, completedSamples);
      expect(page).not.toMatch(/<script|<svg onload|\u202e/);
      expect(page).toContain('&quot;&gt;&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
    }
  });

  it('stays small after a long watch', () => {
    const long: Sample[] = Array.from({ length: 6_000 }, (_, index) => ({
      at: at(index * 15),
      weight: 100,
      y: figures(1_000, 0.001, 25),
    }));
    expect(renderReport(report, long).length).toBeLessThan(150_000);
  });
});

describe('markup', () => {
  it('escapes in text and attributes, and leaves its own pieces alone', () => {
    const inner = markup`<b title="${`"'<>&`}">${'<i>'}</b>`;
    expect(markup`<p>${[inner, false, undefined, 1.23456]}</p>`.source).toBe(
      '<p><b title="&quot;&#39;&lt;&gt;&amp;">&lt;i&gt;</b>1.2</p>',
    );
  });
});

describe('the time scale', () => {
  it('is linear while nothing waits long', () => {
    const scale = timeScale([msAt(0), msAt(50), msAt(100)], 0, 1_000);
    expect(scale.at(msAt(25))).toBe(250);
    expect(scale.shortened).toEqual([]);
    expect(scale.ticks[1]?.label).toBe('10:00:10');
  });

  it('draws a night of waiting no longer than the work around it', () => {
    const hour = 3_600;
    const scale = timeScale([0, 600, 600 + 12 * hour, 1_200 + 12 * hour].map(msAt), 0, 900);
    expect(scale.shortened).toEqual([{ from: 225, to: 675, label: '12 h' }]);
    expect(scale.at(msAt(600 + 6 * hour))).toBe(450);
    expect(scale.ticks.every(({ x }) => x <= 225 || x >= 675)).toBe(true);
  });
});

describe('lines', () => {
  it('stop where nothing was measured, and keep the peaks when thinned', () => {
    const line = measured(report, rolledBackSamples, (side) => side.errorRatio);
    expect(line.exact).toBe(true);
    const long: Sample[] = Array.from({ length: 5_000 }, (_, index) => ({
      at: at(index * 10 + (index > 2_500 ? 10_000 : 0)),
      weight: 50,
      y: figures(100, index === 1_234 ? 0.5 : 0, 20),
    }));
    const { y } = measured(report, long, (side) => side.errorRatio);
    expect(y.length).toBeLessThan(500);
    expect(Math.max(...y.map((one) => one.value ?? 0))).toBe(0.5);
    expect(y.filter((one) => one.value === undefined)).toHaveLength(1);
  });
});
