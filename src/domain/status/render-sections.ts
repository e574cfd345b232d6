import { describeEntity } from '../configuration.ts';
import { formatDuration } from '../duration.ts';
import { freezeDecisions } from '../node-writers.ts';
import { describeBackup, HOW_TO_GET_AT_BACKUPS, placeOf } from './render-backups.ts';
import { describeFigures, formatPercent } from './render-figures.ts';
import { clock, elapsed, escapeMarkdown as escape, firstOf, inlineCode as code } from './render-text.ts';
import { inOrder, phaseDuration, PHASE_SIGN, STEP_SIGN, UNDO_SIGN, UNDO_WORDS } from './render-words.ts';
import type { PhaseStatus, StepStatus, UpgradeStatus } from './types.ts';

/** Everything below what a person can answer, in the order in which people ask for it. */
export function sections(status: UpgradeStatus, today: string): string[] {
  return [
    faults(status),
    restored(status),
    drift(status),
    findings(status),
    frozen(status),
    phases(status, today),
    traffic(status),
    undos(status),
    gates(status, today),
    backups(status, today),
    accepted(status, today),
    messages(status, today),
    report(status),
  ].filter((part) => part !== '');
}

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

function section(head: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : [`### ${head}`, '', ...lines].join('\n');
}

const list = (lines: readonly string[]): string[] => lines.map((line) => `- ${line}`);

/** Why the forward path stopped; empty while it has not. */
export function failure({ failure: it, state }: UpgradeStatus, today: string): string {
  if (it === undefined) return '';
  const known = it.code === undefined ? '' : ` (${code(it.code)})`;
  const head = `What went wrong${state === 'running' ? ' before' : ''}`;
  const lines = [
    `**${escape(it.kind)}** in \`${it.phase}\` at ${clock(it.at, today)}${known}: ${escape(it.message, 1_500)}`,
  ];
  if (it.todo !== undefined) lines.push('', `**What to do:** ${escape(it.todo, 600)}`);
  return section(head, lines);
}

const faults = (status: UpgradeStatus): string =>
  section(
    'Faults of the plan',
    list(firstOf(status.faults, 30, (fault) => `**${escape(fault.path, 120)}**: ${escape(fault.message)}`)),
  );

/** What is restored and what it replaces; afterwards what to do next, first. */
const restored = ({ restore }: UpgradeStatus): string =>
  restore === undefined
    ? ''
    : [
        section('What to do next', list(restore.next.map((text) => escape(text, 1_500)))),
        section('The restore', list([...restore.plan, ...restore.present].map((text) => escape(text, 600)))),
      ]
        .filter((part) => part !== '')
        .join('\n\n');

function drift({ freeze }: UpgradeStatus): string {
  if (freeze === undefined) return '';
  const lines = firstOf(freeze.drift, 10, (change) => {
    const fields = change.fields === undefined ? '' : `: ${escape(change.fields.join(', '), 120)}`;
    return `${escape(describeEntity(change))} ${change.change}${fields}`;
  });
  const guard = freeze.guardFault === undefined ? [] : [`**${escape(freeze.guardFault, 600)}**`];
  return section('The configuration changed under the freeze', list([...guard, ...lines]));
}

const frozen = ({ freeze }: UpgradeStatus): string =>
  freeze === undefined
    ? ''
    : section('What the freeze decided', list(freezeDecisions(freeze).map((sentence) => escape(sentence, 1_000))));

function findings({ findings: all, accepted: letGo }: UpgradeStatus): string {
  const done = new Set(letGo.map((one) => one.finding));
  const open = all.filter((one) => one.level !== 'pass');
  const lines = firstOf(open, 15, (one) => {
    const level = done.has(one.rule) ? 'let go' : one.level === 'refuse' ? '**refused**' : 'warning';
    const hint = one.hint === undefined ? '' : ` → ${escape(one.hint)}`;
    return `${level} ${code(one.rule)}: ${escape(one.message, 1_200)}${hint}`;
  });
  return section('Findings', list(lines));
}

function phases(status: UpgradeStatus, today: string): string {
  const row = (phase: PhaseStatus): string[] => {
    const name = phase.result === 'running' ? `**${phase.name}**` : phase.name;
    const attempt = phase.attempts > 1 ? ` (attempt ${phase.attempts})` : '';
    const since =
      phase.result === 'running' && phase.startedAt !== undefined ? `since ${clock(phase.startedAt, today)}` : '';
    const took = phase.result === 'running' ? since : (phaseDuration(phase) ?? '');
    return [PHASE_SIGN[phase.result], name + attempt, took, escape(phase.note ?? '')];
  };
  return section('Phases', [table(['', 'Phase', 'Took', 'What came out'], status.phases.map(row))]);
}

function traffic({ traffic: it }: UpgradeStatus): string {
  if (it.weights.length === 0 && it.verdicts.length === 0) return '';
  const row = (step: StepStatus): string[] => {
    const verdict = it.verdicts.findLast((one) => one.name === `shift-${step.y}`);
    const judged =
      verdict === undefined
        ? ''
        : [verdict.verdict.verdict, describeFigures(verdict.verdict), ...verdict.verdict.reasons.map((one) => one.text)]
            .filter((text) => text !== '')
            .join(': ');
    return [
      STEP_SIGN[step.state],
      `${step.y} %${step.approve ? ' (asks)' : ''}`,
      formatDuration(step.bake),
      escape(judged, 400),
    ];
  };
  const steps = table(['', 'Y gets', 'Bake', 'Verdict'], it.steps.map(row));
  const others = it.verdicts.filter((one) => !one.name.startsWith('shift-'));
  const more = firstOf(
    others.slice(-6),
    6,
    (one) => `\`${one.name}\` at ${one.weight} %: **${one.verdict.verdict}** ${escape(describeFigures(one.verdict))}`,
  );
  const { share, balancers = [] } = it;
  const each = firstOf(balancers, 20, (one) => `${escape(one.name, 120)}: ${one.weight} %`);
  const measured =
    share === undefined
      ? []
      : [
          '',
          `Measured after the last change: ${formatPercent(share.share / 100)} of ${share.requests} requests reached Y (95 %: ${formatPercent(share.low / 100)} to ${formatPercent(share.high / 100)})${share.agrees ? '' : ' — **does not agree with the weight**'}.`,
        ];
  return section('Traffic', [
    steps,
    ...(each.length === 0 ? [] : ['', ...list(each)]),
    ...measured,
    ...(more.length === 0 ? [] : ['', ...list(more)]),
  ]);
}

const undos = ({ undo }: UpgradeStatus): string =>
  section(
    'Undo',
    list(
      inOrder(undo)
        .filter((one) => one.state !== 'registered')
        .map((one) => {
          const error = one.error === undefined || one.state === 'done' ? '' : `: ${escape(one.error, 400)}`;
          const tries = one.attempts > 1 ? `, attempt ${one.attempts}` : '';
          const skipped =
            one.skippedBy === undefined
              ? ''
              : `, let go by ${escape(one.skippedBy.by)}: ${escape(one.skippedBy.reason)}`;
          return `${UNDO_SIGN[one.state]} ${UNDO_WORDS[one.name]} (\`${one.name}\`): ${one.state}${tries}${skipped}${error}`;
        }),
    ),
  );

const gates = (status: UpgradeStatus, today: string): string =>
  section(
    'Gates',
    list(
      status.gates.map((gate) => {
        const who = gate.approvals.map((one) => {
          const comment = one.comment === undefined ? '' : ` “${escape(one.comment, 200)}”`;
          return `${escape(one.by)} at ${clock(one.at, today)}${comment}`;
        });
        const no =
          gate.rejection === undefined
            ? []
            : [`rejected by ${escape(gate.rejection.by)}: ${escape(gate.rejection.reason ?? 'no reason given')}`];
        const waited =
          gate.closedAt === undefined ? '' : ` after ${formatDuration(elapsed(gate.openedAt, gate.closedAt))}`;
        return [`\`${gate.gate}\` **${gate.state}**${waited}`, ...who, ...no].join('; ');
      }),
    ),
  );

function backups({ backups: all }: UpgradeStatus, today: string): string {
  if (all.length === 0) return '';
  const lines = all.map((one) => {
    const about = describeBackup(one).map((phrase) => escape(phrase, 400));
    return `\`${one.label}\` at ${clock(one.takenAt, today)} in ${code(placeOf(one), 300)}: ${about.join(', ')}`;
  });
  return section('Backups', [...list(lines), '', HOW_TO_GET_AT_BACKUPS]);
}

const accepted = (status: UpgradeStatus, today: string): string =>
  section(
    'Let go by a person',
    list(
      status.accepted.map(
        (one) => `${code(one.finding)} by ${escape(one.by)} at ${clock(one.at, today)}: ${escape(one.reason)}`,
      ),
    ),
  );

function messages({ messages: it }: UpgradeStatus, today: string): string {
  const wrong = it.last.filter((one) => one.result !== 'accepted').slice(-5);
  return section(
    'Messages that changed nothing',
    list(
      wrong.map(
        (one) =>
          `${clock(one.at, today)} ${code(one.name, 40)}${one.by === undefined ? '' : ` by ${escape(one.by, 80)}`}, ${one.result}: ${escape(one.answer)}`,
      ),
    ),
  );
}

function report({ report: it }: UpgradeStatus): string {
  const places = [it?.htmlFile, it?.jsonFile, it?.htmlKey, it?.jsonKey].filter((place) => place !== undefined);
  return section('Report', list(places.map((place) => code(place, 300))));
}
