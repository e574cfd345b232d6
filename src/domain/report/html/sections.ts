import { formatDuration } from '../../duration.ts';
import { describeSide } from '../../status/render-figures.ts';
import { clock, elapsed } from '../../status/render-text.ts';
import { UNDO_WORDS } from '../../status/render-words.ts';
import type { Report, ReportGate } from '../types.ts';
import { backups } from './backups.ts';
import { decisions } from './decisions.ts';
import { markup, prose, type Markup } from './markup.ts';
import { migrations } from './migrations.ts';
import { tableSection, tag } from './table.ts';

/** Everything below the pictures. */
export function sections(report: Report): Markup {
  return markup`${[
    verdicts(report),
    gates(report),
    decisions(report),
    undone(report),
    findings(report),
    frozen(report),
    migrations(report),
    restored(report),
    backups(report),
    timeline(report),
  ]}`;
}

const VERDICT_KIND = { pass: 'ok', fail: 'bad', inconclusive: 'warn' } as const;
const CONTROL_WORDS = { x: 'X in the same time', 'x-last': "X's last window", none: 'no control' } as const;

const verdicts = ({ verdicts: all, startedAt }: Report): Markup =>
  tableSection('Verdicts', all, [
    { head: 'When', kind: 't', cell: (one) => clock(one.to, startedAt) },
    { head: 'Watch', kind: 't', cell: (one) => one.name },
    { head: 'Y gets', kind: 'n', cell: (one) => `${one.weight} %` },
    { head: 'Verdict', cell: (one) => tag(VERDICT_KIND[one.verdict], one.verdict) },
    { head: 'Y', cell: (one) => one.y && describeSide(one.y) },
    { head: 'X', cell: (one) => one.x && describeSide(one.x) },
    {
      head: 'Judged against',
      cell: (one) =>
        markup`${CONTROL_WORDS[one.control]}${one.reasons.map((text) => markup`<br/><small>${prose(text)}</small>`)}`,
    },
  ]);

const GATE_KIND = { approved: 'ok', open: 'warn', rejected: 'bad', expired: 'bad', closed: 'calm' } as const;

function gates({ gates: all, approvals, startedAt }: Report): Markup {
  const said = (gate: ReportGate): Markup[] => {
    const until = gate.closedAt ?? '9999';
    const yes = approvals
      .filter((one) => one.gate === gate.gate && one.at >= gate.openedAt && one.at <= until)
      .map(
        (one) => markup`${one.by} at ${clock(one.at, startedAt)}${one.comment !== undefined && ` “${one.comment}”`}`,
      );
    const { rejection } = gate;
    if (rejection === undefined) return yes;
    const why = rejection.reason === undefined ? '' : ` “${rejection.reason}”`;
    return [...yes, markup`rejected by ${rejection.by} at ${clock(rejection.at, startedAt)}${why}`];
  };
  return tableSection('Gates and approvals', all, [
    { head: 'Gate', kind: 't', cell: (one) => one.gate },
    { head: '', cell: (one) => tag(GATE_KIND[one.state], one.state) },
    { head: 'Waited', kind: 't', cell: (one) => one.closedAt && formatDuration(elapsed(one.openedAt, one.closedAt)) },
    {
      head: 'Who said what',
      cell: (one) => said(one).map((text, index) => markup`${index > 0 && markup`<br/>`}${text}`),
    },
    {
      head: 'Could approve',
      cell: (one) => (one.approvers.length === 0 ? 'anybody but who started it' : one.approvers.join(', ')),
    },
    { head: 'Needed', kind: 'n', cell: (one) => one.quorum },
  ]);
}

const UNDO_KIND = { done: 'ok', skipped: 'warn', stuck: 'bad', running: 'calm' } as const;

const undone = ({ undone: all, startedAt }: Report): Markup =>
  tableSection('What was undone', all, [
    { head: 'When', kind: 't', cell: (one) => one.startedAt && clock(one.startedAt, startedAt) },
    { head: 'Undo', cell: (one) => UNDO_WORDS[one.name] },
    { head: '', cell: (one) => tag(UNDO_KIND[one.result], one.result) },
    {
      head: 'Took',
      kind: 't',
      cell: (one) => one.startedAt && one.endedAt && formatDuration(elapsed(one.startedAt, one.endedAt)),
    },
    { head: 'Attempts', kind: 'n', cell: (one) => one.attempts },
    {
      head: '',
      cell: (one) =>
        one.skippedBy === undefined ? one.error : `let go by ${one.skippedBy.by}: ${one.skippedBy.reason}`,
    },
  ]);

const FINDING_KIND = { pass: 'ok', warn: 'warn', refuse: 'bad' } as const;

const findings = ({ findings: all }: Report): Markup =>
  tableSection(
    'Findings',
    all.toSorted((a, b) => rank(a.level) - rank(b.level)),
    [
      { head: '', cell: (one) => tag(FINDING_KIND[one.level], one.level) },
      { head: 'Rule', kind: 't', cell: (one) => one.rule },
      {
        head: 'What was found',
        cell: (one) =>
          markup`${prose(one.message)}${one.hint !== undefined && markup`<br/><small>${prose(one.hint)}</small>`}`,
      },
    ],
  );

const rank = (level: 'pass' | 'warn' | 'refuse'): number => ['refuse', 'warn', 'pass'].indexOf(level);

const frozen = ({ freeze }: Report): Markup =>
  tableSection('What the freeze decided', freeze?.decisions ?? [], [
    { head: 'Look at it before the next upgrade', cell: (one) => prose(one) },
  ]);

const restored = ({ restore }: Report): Markup =>
  tableSection('The restore', restore === undefined ? [] : [...restore.plan, ...restore.present, ...restore.next], [
    { head: 'What it did, what was there, what to do next', cell: (one) => prose(one) },
  ]);

const timeline = ({ timeline: all, startedAt }: Report): Markup =>
  tableSection('Timeline', all, [
    { head: 'UTC', kind: 't', cell: (one) => clock(one.at, startedAt).replace(' UTC', '') },
    { head: '', kind: 't', cell: (one) => markup`<small>${one.kind}</small>` },
    { head: 'What happened', cell: (one) => prose(one.text) },
  ]);
