import { formatDuration } from '../../domain/duration.ts';
import { describeBackup, placeOf } from '../../domain/status/render-backups.ts';
import { describeFigures } from '../../domain/status/render-figures.ts';
import { elapsed, plainLine } from '../../domain/status/render-text.ts';
import {
  inOrder,
  PHASE_SIGN,
  phaseDuration,
  STEP_SIGN,
  UNDO_SIGN,
  UNDO_WORDS,
} from '../../domain/status/render-words.ts';
import type { PhaseStatus, StepStatus, UndoStatus, UpgradeStatus } from '../../domain/status/index.ts';
import type { Paint, Style } from '../io.ts';
import { bar } from './bar.ts';
import { padEnd } from './text.ts';

const PHASE_STYLE: Record<PhaseStatus['result'], Style> = {
  pending: 'dim',
  running: 'cyan',
  done: 'green',
  failed: 'red',
  skipped: 'dim',
};

export function phaseLine(phase: PhaseStatus, last: boolean, today: string, paint: Paint): string {
  const style = PHASE_STYLE[phase.result];
  const soFar = phase.startedAt === undefined ? '' : formatDuration(elapsed(phase.startedAt, today));
  const took = phase.result === 'running' ? soFar : (phaseDuration(phase) ?? '');
  const attempt = phase.attempts > 1 ? ` (attempt ${phase.attempts})` : '';
  const name = phase.result === 'pending' || phase.result === 'skipped' ? paint('dim', phase.name) : phase.name;
  const note = plainLine(phase.note ?? '') + attempt;
  const head = `${paint('dim', last ? '└─' : '├─')} ${paint(style, PHASE_SIGN[phase.result])} ${padEnd(name, 13)}`;
  return note === '' ? `${head} ${took}`.trimEnd() : `${head} ${padEnd(took, 14)} ${paint('dim', note)}`;
}

const STEP_STYLE: Record<StepStatus['state'], Style> = {
  pending: 'dim',
  waiting: 'yellow',
  running: 'cyan',
  passed: 'green',
  failed: 'red',
};

export function stepLines({ traffic }: UpgradeStatus, today: string, paint: Paint): string[] {
  return traffic.steps.map((step, index) => {
    const branch = paint('dim', `│  ${index === traffic.steps.length - 1 ? '└─' : '├─'}`);
    const head = `${branch} ${paint(STEP_STYLE[step.state], STEP_SIGN[step.state])} ${String(step.y).padStart(3)} %`;
    return `${head}   ${stepProgress(step, traffic, today, paint)}`.trimEnd();
  });
}

function stepProgress(step: StepStatus, traffic: UpgradeStatus['traffic'], today: string, paint: Paint): string {
  const bake = formatDuration(step.bake);
  if (step.state === 'running' && step.bakeStartedAt !== undefined) {
    const done = elapsed(step.bakeStartedAt, today);
    return `${paint('cyan', bar(step.bake === 0 ? 1 : done / step.bake, 16))} ${formatDuration(done)} of ${bake}`;
  }
  const verdict = traffic.verdicts.findLast((one) => one.name === `shift-${step.y}`)?.verdict;
  if (verdict === undefined) return paint('dim', `bake ${bake}${step.approve ? ', asks first' : ''}`);
  const style = verdict.verdict === 'pass' ? 'green' : verdict.verdict === 'fail' ? 'red' : 'yellow';
  // After a retreat, and until the step comes again: what sent it back is what people look for.
  const before = step.state === 'pending' ? paint('dim', 'taken back after ') : '';
  return `${before}${paint(style, verdict.verdict)}  ${paint('dim', describeFigures(verdict))}`;
}

/** Below the phase: what was taken, and where it is. */
export function backupLines({ backups }: UpgradeStatus, paint: Paint): string[] {
  return backups.map((one, index) => {
    const branch = paint('dim', `│  ${index === backups.length - 1 ? '└─' : '├─'}`);
    const sign = one.verified ? paint(one.restored ? 'green' : 'yellow', '✓') : paint('red', '✗');
    const about = plainLine(describeBackup(one).join(', '), 400);
    return `${branch} ${sign} ${padEnd(one.label, 14)} ${paint('dim', `${about} · ${plainLine(placeOf(one))}`)}`;
  });
}

const UNDO_STYLE: Record<UndoStatus['state'], Style> = {
  registered: 'dim',
  running: 'cyan',
  stuck: 'red',
  done: 'green',
  skipped: 'yellow',
};

export function undoLines({ undo }: UpgradeStatus, paint: Paint): string[] {
  const shown = inOrder(undo).filter((one) => one.state !== 'registered');
  if (shown.length === 0) return [];
  return [
    '',
    paint('bold', 'undo'),
    ...shown.map((one) => {
      const more = one.error !== undefined && one.state !== 'done' ? ` ${plainLine(one.error)}` : '';
      const tries = one.attempts > 1 ? ` (attempt ${one.attempts})` : '';
      return `   ${paint(UNDO_STYLE[one.state], UNDO_SIGN[one.state])} ${UNDO_WORDS[one.name]}${tries}${more}`;
    }),
  ];
}
