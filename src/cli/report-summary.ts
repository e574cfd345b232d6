import { formatDuration } from '../domain/duration.ts';
import { describeBackup, placeOf } from '../domain/status/render-backups.ts';
import { plainLine } from '../domain/status/render-text.ts';
import { OUTCOME_WORDS, STATE_WORDS } from '../domain/status/render-words.ts';
import type { ReportRef } from '../domain/report-ref.ts';
import type { Report } from '../domain/report/index.ts';

/** The report in a few lines, and where the whole of it is. */
export function summarizeReport(report: Report, ref: ReportRef = {}): string {
  const {
    cluster,
    from,
    to,
    outcome,
    state,
    summary,
    freeze,
    weights,
    verdicts,
    approvals,
    backups,
    undone,
    databaseLeft,
    failure,
  } = report;
  const lines = [
    `${cluster}${from === undefined ? '' : `: Kong ${from} → ${to ?? ''}`}: ${outcome === undefined ? STATE_WORDS[state] : OUTCOME_WORDS[outcome]}`,
    plainLine(summary, 1_000),
  ];
  const add = (name: string, text: string): void =>
    void (text && lines.push(`  ${name.padEnd(10)} ${plainLine(text, 1_000)}`));
  add('failure', outcome === 'completed' ? '' : (failure?.message ?? ''));
  add('freeze', freeze === undefined ? '' : formatDuration(freeze.ms));
  add('weights', weights.map(({ weight }) => `${weight} %`).join(' → '));
  add('verdicts', verdicts.map((one) => `${one.name} ${one.verdict}`).join(', '));
  add('approvals', approvals.map(({ gate, by }) => `${gate} by ${by}`).join(', '));
  for (const one of backups) add('backup', `${one.label}: ${describeBackup(one).join(', ')} · ${placeOf(one)}`);
  add('undone', undone.map(({ name, result }) => `${name} ${result}`).join(', '));
  add('database', databaseLeft?.forX ?? '');
  add('', databaseLeft?.forNextAttempt ?? '');
  add('page', ref.htmlFile ?? ref.htmlKey ?? '');
  add('JSON', ref.jsonFile ?? ref.jsonKey ?? '');
  return lines.join('\n');
}
