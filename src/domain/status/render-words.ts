import { formatDuration } from '../duration.ts';
import type { Outcome, State } from '../names.ts';
import { elapsed } from './render-text.ts';
import type { PhaseStatus, StepStatus, UndoStatus, UpgradeStatus } from './types.ts';

/** One sign per state of a thing, the same in Markdown, terminal and report. */
export const PHASE_SIGN: Record<PhaseStatus['result'], string> = {
  pending: '·',
  running: '▶',
  done: '✓',
  failed: '✗',
  skipped: '–',
};

export const STEP_SIGN: Record<StepStatus['state'], string> = {
  pending: '·',
  waiting: '?',
  running: '▶',
  passed: '✓',
  failed: '✗',
};

export const UNDO_SIGN: Record<UndoStatus['state'], string> = {
  registered: '·',
  running: '▶',
  stuck: '✗',
  done: '✓',
  skipped: '–',
};

export const STATE_WORDS: Record<State, string> = {
  running: 'running',
  waiting: 'waiting for a person',
  paused: 'paused',
  retreating: 'retreating: all traffic back to X',
  held: 'held: a person decides',
  unwinding: 'unwinding: everything is undone',
  ended: 'ended',
};

export const OUTCOME_WORDS: Record<Outcome, string> = {
  completed: 'completed',
  'rolled-back': 'rolled back',
  refused: 'refused',
  'rolled-back-with-faults': 'rolled back, with faults',
  'completed-with-faults': 'completed, with faults',
};

/** What an outcome means, for somebody who was asleep. */
export const outcomeMeaning = ({ workflow, restore }: Restored, outcome: Outcome): string =>
  workflow === 'restoreBackup' ? ofRestore(outcome, restore?.swappedAt !== undefined) : OUTCOME_MEANING[outcome];

type Restored = Pick<UpgradeStatus, 'workflow' | 'restore'>;

const OUTCOME_MEANING: Record<Outcome, string> = {
  completed: 'Y serves everything, writes work, the database is finished.',
  'rolled-back': 'X serves everything, as before; what was begun is undone.',
  refused: 'Nothing was changed.',
  'rolled-back-with-faults': 'X serves everything. Something was let go on the way back; it is named below.',
  'completed-with-faults': 'The upgrade is past its point of no return. Something was let go; it is named below.',
};

function ofRestore(outcome: Outcome, swapped: boolean): string {
  if (!outcome.startsWith('completed'))
    return outcome === 'rolled-back-with-faults'
      ? 'The databases have the names that they had. Something was let go on the way back; it is named below.'
      : 'Nothing was changed: the databases have the names that they had.';
  const done = swapped
    ? 'The restored database is in place; the one that was there is kept under another name. No node of Kong was started.'
    : 'The files of the backup are unpacked; the database was not touched.';
  return outcome === 'completed' ? done : `${done} Something was let go; it is named below.`;
}

/** What the undos do, in words. */
export const UNDO_WORDS: Record<UndoStatus['name'], string> = {
  thaw: 'lift the freeze',
  stopY: 'stop Y',
  dropRoleOfY: "drop Y's role in PostgreSQL",
  putBackX: 'put the restarted node of X back',
  returnTraffic: 'all traffic back to X',
  startX: 'start X again',
  letXIn: "let X's role log on again",
  dropRestored: 'drop the restored database',
  removeUnpacked: 'remove files that were unpacked in part',
};

/** Undos in the order in which they ran: the newest act is undone first. */
export const inOrder = (undo: readonly UndoStatus[]): UndoStatus[] =>
  undo.toSorted((a, b) => (a.startedAt ?? '~').localeCompare(b.startedAt ?? '~'));

/** `payments · Kong 3.6.1 → 3.7.1` */
export function title(status: Pick<UpgradeStatus, 'upgrade' | 'workflow' | 'from' | 'to'>): string {
  const versions = status.from === undefined || status.to === undefined ? '' : ` · Kong ${status.from} → ${status.to}`;
  const kind = { blueGreenUpgrade: '', rollbackUpgrade: ' · rollback', restoreBackup: ' · restore' }[status.workflow];
  return `${status.upgrade.cluster}${versions}${kind}`;
}

/** How long a phase took: the whole of it, all attempts and what lay between. Absent while it runs. */
export function phaseDuration(phase: PhaseStatus): string | undefined {
  if (phase.startedAt === undefined || phase.endedAt === undefined) return undefined;
  return formatDuration(elapsed(phase.startedAt, phase.endedAt));
}
