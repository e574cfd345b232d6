import { formatDuration } from '../duration.ts';
import { awaited, wayBack } from './render-awaits.ts';
import { commandFor } from './render-commands.ts';
import { askFor, WHAT_A_WRITE_GETS } from './render-freeze.ts';
import { failure, sections } from './render-sections.ts';
import { clock, escapeMarkdown, utf8Length } from './render-text.ts';
import { outcomeMeaning, OUTCOME_WORDS, STATE_WORDS, title } from './render-words.ts';
import type { UpgradeStatus } from './types.ts';

/** Temporal takes 20,000 bytes of current details. */
const MOST_BYTES = 18_000;

const LAMP: Record<UpgradeStatus['state'], string> = {
  running: '🔵',
  waiting: '🟡',
  paused: '🟡',
  retreating: '🟠',
  held: '🔴',
  unwinding: '🟠',
  ended: '⚪',
};

/**
 * The status as Markdown, for Temporal's current details: what is true, what it waits for and the exact command that answers
 * it come first. Pure. It is shown as it was at `now` (milliseconds), so times are given as times, not as "ago".
 */
export function renderStatus(status: UpgradeStatus, now: number): string {
  const today = new Date(now).toISOString();
  const parts = [
    headline(status, today),
    failure(status, today),
    waits(status, today),
    ...sections(status, today),
    `_As of ${today.slice(0, 10)} ${clock(today, today)}. The query \`status\` has all of it as JSON._`,
  ].filter((part) => part !== '');
  return withinLimit(parts);
}

function headline(status: UpgradeStatus, today: string): string {
  const { outcome } = status;
  const word = outcome === undefined ? STATE_WORDS[status.state] : OUTCOME_WORDS[outcome];
  const lamp = outcome === undefined ? LAMP[status.state] : outcomeLamp(outcome);
  const lines = [`## ${lamp} ${escapeMarkdown(title(status))} — ${word}`, ''];
  if (outcome !== undefined) lines.push(`**${outcomeMeaning(status, outcome)}**`, '');
  if (status.workflow !== 'restoreBackup')
    lines.push(`\`${bar(status.traffic.weight)}\` **${status.traffic.weight} %** of the traffic on Y`, '');
  if (outcome === undefined) lines.push(`> **Now:** ${escapeMarkdown(status.now, 600)}`, '');
  const { startedAt } = status.upgrade;
  const ended =
    status.endedAt === undefined
      ? ''
      : `, ended ${clock(status.endedAt, today)} (${formatDuration(Date.parse(status.endedAt) - Date.parse(startedAt))})`;
  lines.push(`Started ${clock(startedAt, today)}${ended}.${frozen(status, today)}`);
  return lines.join('\n');
}

function outcomeLamp(outcome: NonNullable<UpgradeStatus['outcome']>): string {
  if (outcome === 'completed') return '🟢';
  return outcome.endsWith('faults') ? '🟠' : '⚪';
}

function frozen(status: UpgradeStatus, today: string): string {
  const { freeze } = status;
  if (freeze === undefined) return '';
  if (freeze.frozen) {
    const see = `Every write to it gets ${WHAT_A_WRITE_GETS}; whom to ask: ${escapeMarkdown(askFor(status), 120)}.`;
    return ` **Configuration frozen since ${clock(freeze.since, today)}**; at ${clock(freeze.limitAt, today)} the limit is reached and the upgrade holds. ${see}`;
  }
  if (freeze.liftedAt === undefined) return '';
  const lasted = formatDuration(Date.parse(freeze.liftedAt) - Date.parse(freeze.since));
  return ` The configuration was frozen for ${lasted}, until ${clock(freeze.liftedAt, today)}.`;
}

function waits(status: UpgradeStatus, today: string): string {
  const { workflowId } = status.upgrade;
  const lines = awaited(status, today).flatMap(({ what, answers }) => [
    `**${escapeMarkdown(what)}**`,
    '',
    '```sh',
    ...answers.flatMap((answer) => [`# ${answer.means}`, commandFor(workflowId, answer)]),
    '```',
    '',
  ]);
  const back = wayBack(status);
  if (back !== undefined) {
    lines.push(`To stop: ${back.means}`, '', '```sh', commandFor(workflowId, back), '```');
  }
  return lines.length === 0 ? '' : ['### What you can answer', '', ...lines].join('\n').trimEnd();
}

/** Ten blocks for 0 to 100 %. */
function bar(percent: number): string {
  const full = Math.round(Math.min(100, Math.max(0, percent)) / 10);
  return '█'.repeat(full) + '░'.repeat(10 - full);
}

/** Leaves out what doesn't fit, and says so. */
function withinLimit(parts: readonly string[]): string {
  const kept: string[] = [];
  let bytes = 0;
  for (const part of parts) {
    const more = utf8Length(part) + 2;
    if (bytes + more > MOST_BYTES) continue;
    bytes += more;
    kept.push(part);
  }
  if (kept.length < parts.length) kept.push('_There is more than fits here: see the query `status`._');
  return `${kept.join('\n\n')}\n`;
}
