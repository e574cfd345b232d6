import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderStatus, type UpgradeStatus } from '../../src/domain/status/index.ts';
import { escapeMarkdown, inlineCode, plainLine, utf8Length } from '../../src/domain/status/render-text.ts';
import { completed, held, msAt, refused, rolledBack, shifting, stuck, unproven, waiting } from './fixtures.ts';

const command = (name: string, payload: object) =>
  `temporal workflow signal -w kong/payments --name ${name} --input '${JSON.stringify(payload)}'`;

describe('renderStatus', () => {
  it('begins with state, versions and weight, and what it does now', () => {
    const text = renderStatus(shifting, msAt(400));
    expect(text).toMatch(/^## 🔵 payments · Kong 3\.6\.1 → 3\.7\.1 — running\n/);
    expect(text).toContain('**25 %** of the traffic on Y');
    expect(text).toContain('> **Now:** Watches Y at 25 % until 10:08:05 UTC.');
    expect(text).toContain('**Configuration frozen since 10:02:07 UTC**; at 18:02:07 UTC the limit is reached');
  });

  it('shows phases with durations and what came out', () => {
    const text = renderStatus(shifting, msAt(400));
    expect(text).toContain('| ✓ | freeze | 32 s | 41 tables guarded |');
    expect(text).toContain('| ▶ | **shift** | since 10:02:51 UTC |  |');
    expect(text).toContain('| · | finish |  |  |');
  });

  it('shows the steps with their verdicts and the share that really arrives', () => {
    const text = renderStatus(shifting, msAt(400));
    expect(text).toContain('| ✓ | 5 % | 2 min 30 s | pass: Y 0 % errors, p99 ≤ 25 ms (1,800 requests); X 0 % errors');
    expect(text).toContain('25.3 % of 3420 requests reached Y (95 %: 23.9 % to 26.8 %)');
  });

  it('gives the exact command for an open gate, says who may approve and until when', () => {
    const text = renderStatus(waiting, msAt(1_500));
    expect(text).toContain(
      'Gate finish is open until 2026-11-25 10:00:00 UTC, 1 of 2 approvals so far; may approve: ann, bob',
    );
    expect(text).toContain(command('approve', { by: 'YOUR-NAME', gate: 'finish' }));
    expect(text).toContain(command('reject', { by: 'YOUR-NAME', gate: 'finish', reason: 'WHY' }));
    expect(text).toContain(command('abort', { by: 'YOUR-NAME', reason: 'WHY' }));
  });

  it('shows at a hold why, until when, and both answers before the phases', () => {
    const text = renderStatus(held, msAt(700));
    expect(text).toContain('**breach** in `shift` at 10:06:12 UTC: Y answers 5.1 % of 1,890 requests with 5xx');
    expect(text).toContain('**What to do:** Look at Y: it still runs, without traffic. Then `retry`, or `abandon`.');
    expect(text).toContain('Held since 10:06:15 UTC, until 2026-11-25 10:06:15 UTC, then it unwinds');
    expect(text).toContain(command('retry', { by: 'YOUR-NAME', phase: 'shift' }));
    expect(text).toContain(command('abandon', { by: 'YOUR-NAME', reason: 'WHY' }));
    expect(text.indexOf('abandon')).toBeLessThan(text.indexOf('### Phases'));
    expect(text).not.toContain('--name abort');
  });

  it('shows a stuck undo with its error, and offers to skip it, but never the traffic', () => {
    const text = renderStatus(stuck, msAt(700));
    expect(text).toContain('Undo stopY is stuck after 4 attempts: y2 still answers on http://gw-1:9201');
    expect(text).toContain(command('accept', { by: 'YOUR-NAME', finding: 'undo:stopY', reason: 'WHY' }));
    const undo = [{ ...stuck.undo[1]!, name: 'returnTraffic' as const }];
    expect(renderStatus({ ...stuck, undo }, msAt(700))).not.toContain('undo:returnTraffic');
    const gone = [{ ...undo[0]!, mayLetGo: ['balancer:edge on gw-2'] }];
    expect(renderStatus({ ...stuck, undo: gone }, msAt(700))).toContain('balancer:edge on gw-2');
  });

  it('ends with an outcome and what it means; nothing is left to answer', () => {
    for (const status of [completed, rolledBack, refused]) {
      const text = renderStatus(status, msAt(3_000));
      expect(text).not.toContain('temporal workflow signal');
      expect(text).not.toContain('**Now:**');
    }
    expect(renderStatus(completed, msAt(3_000))).toContain('## 🟢 payments · Kong 3.6.1 → 3.7.1 — completed');
    expect(renderStatus(rolledBack, msAt(3_000))).toContain('X serves everything, as before;');
    expect(renderStatus(rolledBack, msAt(3_000))).toContain('The configuration was frozen for 8 min 31 s');
    expect(renderStatus(refused, msAt(3_000))).toContain('**traffic.steps\\[0\\].y**: Too small');
  });

  it('shows where the backups are, what is proved of them and how to get at them', () => {
    const text = renderStatus({ ...waiting, backups: [...waiting.backups, unproven] }, msAt(1_500));
    expect(text).toContain(
      '- `before` at 10:02:20 UTC in `s3://kong-backups/crossfade/payments/2026-11-24T10-00-00/before/manifest.json`: 3 objects, 1.8 MB, read back, encrypted with age, restored for a test',
    );
    expect(text).toMatch(
      /- `before-finish` at 10:21:30 UTC in .*: 1 object, 1\.5 MB, read back, not encrypted with age, not restored for a test, why not: The role &lt;kong&gt; may not create/,
    );
    expect(text).toContain(
      '`crossfade backups PLAN` lists them all by name; `crossfade restore PLAN --backup NAME` shows',
    );
    expect(renderStatus(refused, msAt(1_500))).not.toContain('crossfade backups');
  });

  it('shows texts of people as they are, without markup', () => {
    const evil = '<script>alert(1)</script> | **x** [link](https://evil.example)\n## head';
    const failure = { ...held.failure!, message: evil };
    const text = renderStatus({ ...held, failure }, msAt(700));
    expect(text).not.toContain('<script');
    expect(text).not.toContain('\n## head');
    expect(text).toContain(
      String.raw`&lt;script&gt;alert(1)&lt;/script&gt; \| \*\*x\*\* \[link\](https://evil.example) \#\# head`,
    );
  });

  it('stays below 20,000 bytes whatever goes wrong, and keeps the commands', () => {
    const long = '❌'.repeat(5_000);
    const many = <T>(one: T) => Array.from({ length: 400 }, () => one);
    const status: UpgradeStatus = {
      ...held,
      now: long,
      failure: { ...held.failure!, message: long, todo: long },
      faults: many({ path: long, message: long }),
      findings: many({ rule: long, level: 'warn', message: long, hint: long }),
      accepted: many({ finding: long, by: long, reason: long, at: held.upgrade.startedAt }),
      freeze: {
        ...held.freeze!,
        drift: many({ table: long, id: long, name: long, change: 'changed', fields: [long] }),
      },
    };
    const text = renderStatus(status, msAt(700));
    expect(utf8Length(text)).toBeLessThan(20_000);
    expect(text).toContain('--name retry');
    expect(text).toContain('There is more');
  });
});

describe('texts of others', () => {
  it('are one line without control characters, cut at the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const line = plainLine(text, 20);
        expect(line).not.toMatch(/[\p{Cc}\p{Bidi_Control}\n]/u);
        expect([...line].length).toBeLessThanOrEqual(20);
      }),
    );
  });

  it('never open a tag or break a table', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>|`*\\a \n[]') }), (text) => {
        // From left to right, as Markdown reads it: an escaped character, or a piece of code.
        const outsideCode = escapeMarkdown(text).replace(/\\[\s\S]|`[^`]*`/g, '');
        expect(outsideCode).not.toMatch(/[<>]/);
        expect(`${escapeMarkdown(text)}${inlineCode(text)}`.replace(/\\[\s\S]/g, '')).not.toContain('|');
      }),
    );
  });
});

it('a version at the start of a text stays readable; what would begin a list is escaped', () => {
  expect(escapeMarkdown('3.6.1 to 3.7.1')).toBe('3.6.1 to 3.7.1');
  expect(escapeMarkdown('1. first')).toBe('1\\. first');
  expect(escapeMarkdown('- first')).toBe('\\- first');
  expect(escapeMarkdown('-1 is a number')).toBe('-1 is a number');
});
