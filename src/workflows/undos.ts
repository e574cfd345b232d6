import { CancellationScope, condition } from '@temporalio/workflow';
import type { UndoName, UndoStatus } from '../domain/status/index.ts';
import { isOfBalancer } from '../domain/traffic/away.ts';
import type { Control } from './control.ts';
import { describeFailure } from './interruption.ts';
import type { Journal } from './journal.ts';
import { now } from './journal.ts';

/** What undoes an act. Idempotent, and tolerates that the act never happened. */
export type Undo = () => Promise<void>;

/** The undos that bring the traffic back to X. Nobody can skip them; only a balancer that is gone can be let go. */
export const TRAFFIC_UNDOS: readonly UndoName[] = ['letXIn', 'startX', 'returnTraffic'];

/**
 * Nothing depends on it, and strangers can stand in its way for ever: it runs after all others, however it was registered, so that the
 * freeze never waits for it.
 */
const LAST: UndoName = 'dropRoleOfY';

const PAUSES_MS = [2_000, 5_000, 15_000, 60_000, 300_000];

/** The way back: each undo is registered before its act, and they run newest first, in a scope that can't be cancelled; only Y's role is dropped last. */
export class Undos {
  private readonly journal: Journal;
  private readonly control: Control;
  private readonly call: (text: string) => void;
  private readonly acts = new Map<UndoName, Undo>();
  /** Something was registered once, so that something may have been changed. */
  anything = false;

  /** @param call calls people: traffic that can't go back must not wait until somebody looks */
  constructor(journal: Journal, control: Control, call: (text: string) => void) {
    this.journal = journal;
    this.control = control;
    this.call = call;
  }

  /**
   * To be called before the act. Registering again, after a `retry`, keeps its place: the order of the acts is still that of
   * the first time, and X must be started before it can take traffic.
   */
  register(name: UndoName, undo: Undo): void {
    this.anything = true;
    const again = this.acts.has(name);
    this.acts.set(name, undo);
    if (again) return;
    const { status } = this.journal;
    // What was undone once stays to be seen, beside what may be undone again.
    status.undo = status.undo.filter((one) => one.name !== name || isOver(one));
    status.undo.push({ name, state: 'registered', registeredAt: now(), attempts: 0 });
  }

  has = (name: UndoName): boolean => this.acts.has(name);

  /** The act has ended, and left nothing behind that would have to be undone. */
  forget(name: UndoName): void {
    this.acts.delete(name);
    const { status } = this.journal;
    status.undo = status.undo.filter((one) => one.name !== name || isOver(one));
  }

  /** Past the point of no return there is nothing to undo. */
  clear(): void {
    this.acts.clear();
    const { status } = this.journal;
    status.undo = status.undo.filter(isOver);
  }

  /** Runs the registered undos (of `only`, if given), newest first, and `LAST` after them. */
  run(only?: readonly UndoName[]): Promise<void> {
    return CancellationScope.nonCancellable(async () => {
      const newestFirst = [...this.acts].reverse();
      const isLast = ([name]: readonly [UndoName, Undo]) => name === LAST;
      for (const [name, undo] of [...newestFirst.filter((one) => !isLast(one)), ...newestFirst.filter(isLast)]) {
        if (only !== undefined && !only.includes(name)) continue;
        await this.perform(name, undo);
        this.acts.delete(name);
      }
    });
  }

  /** Tries until it works, or until a person lets it go. */
  private async perform(name: UndoName, undo: Undo): Promise<void> {
    const shown = this.statusOf(name);
    shown.startedAt = now();
    for (;;) {
      shown.attempts += 1;
      // Whoever answers while it is at work means the next attempt.
      const asked = this.control.undoRetries;
      // Once it has failed it stays `stuck` while it is tried again, so that a person can let it go at any time.
      if (shown.attempts === 1) shown.state = 'running';
      this.journal.say(`undoing: ${DESCRIPTIONS[name]}`);
      try {
        await undo();
        shown.state = 'done';
        delete shown.error;
        delete shown.mayLetGo;
        shown.endedAt = now();
        this.journal.note('undo', `${name}: ${DESCRIPTIONS[name]}`);
        return;
      } catch (error) {
        shown.state = 'stuck';
        shown.error = describeFailure(error).message;
        if (name === 'returnTraffic') shown.mayLetGo = this.control.findings().filter(isOfBalancer);
        this.journal.note('undo', `${name} failed, attempt ${shown.attempts}: ${shown.error}`);
        this.journal.say(`undo ${name} is stuck and is tried again: ${shown.error}`);
        if (shown.attempts === 1 && TRAFFIC_UNDOS.includes(name)) this.call(this.journal.status.now);
      }
      const pause = PAUSES_MS[Math.min(shown.attempts, PAUSES_MS.length) - 1] ?? 0;
      const answered = () => this.control.undoRetries > asked || this.control.undoSkips.has(name);
      await condition(answered, pause, { summary: `${name} is tried again` });
      const skip = this.control.undoSkips.get(name);
      if (skip === undefined) continue;
      shown.state = 'skipped';
      shown.skippedBy = skip;
      shown.endedAt = now();
      this.journal.note('undo', `${name} was let go by ${skip.by}: ${skip.reason}`);
      return;
    }
  }

  private statusOf(name: UndoName): UndoStatus {
    const found = this.journal.status.undo.findLast((one) => one.name === name);
    if (found === undefined) throw new TypeError(`undo ${name} was not registered`);
    return found;
  }
}

const isOver = ({ state }: UndoStatus): boolean => state === 'done' || state === 'skipped';

const DESCRIPTIONS: Record<UndoName, string> = {
  letXIn: "letting X's role log on again",
  startX: 'starting X again, ready on every node',
  returnTraffic: 'all traffic back to X',
  stopY: 'stopping Y',
  putBackX: 'the restarted node of X ready, tested and back in the balancer',
  dropRoleOfY: "dropping Y's role in PostgreSQL",
  thaw: 'lifting the freeze',
  dropRestored: 'dropping the restored database',
  removeUnpacked: 'removing files that were unpacked in part',
};
