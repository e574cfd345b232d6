import { formatDuration } from '../../domain/duration.ts';
import type { Outcome, State } from '../../domain/names.ts';
import { HOW_TO_GET_AT_BACKUPS } from '../../domain/status/render-backups.ts';
import { askFor, WHAT_A_WRITE_GETS } from '../../domain/status/render-freeze.ts';
import { clock, elapsed, plainLine } from '../../domain/status/render-text.ts';
import { outcomeMeaning, OUTCOME_WORDS, STATE_WORDS, title } from '../../domain/status/render-words.ts';
import type { RestoreStatus, UpgradeStatus } from '../../domain/status/index.ts';
import type { Paint, Style } from '../io.ts';
import { liveLines, type LiveActivity } from '../live.ts';
import { bar } from './bar.ts';
import { fit } from './text.ts';
import { backupLines, phaseLine, stepLines, undoLines } from './tree-lines.ts';
import { waitLines } from './waits.ts';

export interface TreeOptions {
  readonly status: UpgradeStatus;
  readonly live: readonly LiveActivity[];
  /** Milliseconds. */
  readonly now: number;
  readonly columns: number;
  readonly paint: Paint;
}

/** So few columns that what stands beside a bar needs them more. */
const NARROW = 90;

/** The whole upgrade as a tree, one line per phase, step and undo; what only a person can decide comes last, where the eye is. */
export function renderTree(options: TreeOptions): string[] {
  const { status, live, columns, paint } = options;
  const today = new Date(options.now).toISOString();
  const lines = [
    ...headline(options, today),
    '',
    ...status.phases.flatMap((phase, index) => [
      phaseLine(phase, index === status.phases.length - 1, today, paint),
      ...(phase.name === 'backup' ? backupLines(status, paint) : []),
      ...(phase.name === 'shift' ? stepLines(status, today, paint) : []),
    ]),
    ...undoLines(status, paint),
    '',
    ...problemLines(status, today, paint),
    ...(status.outcome === undefined
      ? [
          `${paint('bold', 'now')}   ${plainLine(status.now)}`,
          ...live.flatMap((one) =>
            liveLines(one, columns < NARROW ? 10 : 24).map((line) => paint('dim', `      ${line}`)),
          ),
        ]
      : [
          paint('bold', outcomeMeaning(status, status.outcome)),
          ...(status.backups.length === 0 ? [] : [paint('dim', HOW_TO_GET_AT_BACKUPS)]),
        ]),
    ...waitLines(status, today, paint),
  ];
  return lines.map((line) => fit(line, columns));
}

const STATE_STYLE: Record<State, Style> = {
  running: 'cyan',
  waiting: 'yellow',
  paused: 'yellow',
  retreating: 'magenta',
  held: 'red',
  unwinding: 'magenta',
  ended: 'bold',
};

const OUTCOME_STYLE: Record<Outcome, Style> = {
  completed: 'green',
  'rolled-back': 'cyan',
  refused: 'yellow',
  'rolled-back-with-faults': 'red',
  'completed-with-faults': 'red',
};

function headline({ status, paint }: TreeOptions, today: string): string[] {
  const { outcome, state, upgrade, traffic } = status;
  const word =
    outcome === undefined
      ? paint(STATE_STYLE[state], STATE_WORDS[state])
      : paint(OUTCOME_STYLE[outcome], OUTCOME_WORDS[outcome]);
  const took = formatDuration(elapsed(upgrade.startedAt, status.endedAt ?? today));
  const first = `${paint('bold', plainLine(title(status)))}   ${word}   ${paint('dim', took)}`;
  if (status.restore !== undefined) return [first, ...restoreLines(status.restore, paint)];
  const share = `${paint('cyan', bar(traffic.weight / 100, 24))} ${String(traffic.weight).padStart(3)} % on Y`;
  return [
    first,
    `${share}   ${frozen(status, today, paint)}`,
    ...differing(traffic).map((line) => paint('yellow', plainLine(line, 600))),
    ...(status.freeze?.frozen === true
      ? [paint('dim', `writes to it get ${WHAT_A_WRITE_GETS}; whom to ask: ${plainLine(askFor(status), 120)}`)]
      : []),
  ];
}

/** Where one of several balancers does something else than the rest, what each does. */
function differing({ weight, balancers = [] }: UpgradeStatus['traffic']): string[] {
  if (balancers.every((one) => one.weight === weight)) return [];
  return [`each balancer: ${balancers.map((one) => `${one.name} ${one.weight} %`).join(', ')}`];
}

/** What is restored and what it replaces; at the end what to do next. */
const restoreLines = ({ plan, present, next }: RestoreStatus, paint: Paint): string[] => [
  ...[...plan, ...present].map((line) => paint('dim', plainLine(line, 600))),
  ...next.map((line) => `→ ${plainLine(line, 600)}`),
];

function frozen({ freeze }: UpgradeStatus, today: string, paint: Paint): string {
  if (freeze === undefined) return '';
  const lasted = formatDuration(elapsed(freeze.since, freeze.liftedAt ?? today));
  if (!freeze.frozen) return paint('dim', `was frozen for ${lasted}`);
  return paint('yellow', `configuration frozen for ${lasted}, at most until ${clock(freeze.limitAt, today)}`);
}

function problemLines(status: UpgradeStatus, today: string, paint: Paint): string[] {
  const { failure, faults, findings } = status;
  const lines = faults.map((fault) => `${paint('red', '✗')} ${fault.path}: ${plainLine(fault.message)}`);
  for (const one of findings)
    if (one.level !== 'pass')
      lines.push(
        `${paint(one.level === 'warn' ? 'yellow' : 'red', one.level === 'warn' ? '!' : '✗')} ${one.rule}: ${plainLine(one.message)}`,
      );
  if (failure !== undefined) {
    const head = `${failure.kind} in ${failure.phase} at ${clock(failure.at, today)}`;
    lines.push(`${paint('red', `✗ ${head}`)}: ${plainLine(failure.message, 600)}`);
    if (failure.todo !== undefined && status.outcome === undefined) lines.push(`  → ${plainLine(failure.todo, 400)}`);
  }
  return lines.length === 0 ? [] : [...lines, ''];
}
