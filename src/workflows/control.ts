import type { StepName } from '../domain/names.ts';
import type { UndoName } from '../domain/status/index.ts';
import type { Interruption } from './interruption.ts';

/** A person's answer to a hold. */
export type Decision =
  | { readonly kind: 'retry'; readonly by: string; readonly phase?: StepName }
  | { readonly kind: 'abandon' | 'abort'; readonly by: string };

/** What messages have asked for and the workflow has not acted on yet. */
export class Control {
  paused = false;
  /** Set from just before the seal is written: from then on there is no way back. */
  sealed = false;
  /** A way back is needed: traffic may be on Y, or X may be stopped. */
  shifting = false;
  decision: Decision | undefined;
  /** Counts requests to try a stuck undo again. */
  undoRetries = 0;
  readonly undoSkips = new Map<UndoName, { by: string; reason: string }>();
  /** What a person may `accept` now, with what it was when it was found. */
  readonly openFindings = new Map<string, string>();
  /** What was let go: the same finding with the same detail does not stop the upgrade again. */
  readonly letGo = new Map<string, string>();
  private armed: (() => void) | undefined;
  /** Came before the forward path began. */
  private early: Interruption | undefined;
  private stopped: Interruption | undefined;

  /** Why the forward path was told to stop. Once an abort is in, nothing replaces it. */
  get interruption(): Interruption | undefined {
    return this.stopped;
  }

  /** The forward path runs. */
  get forward(): boolean {
    return this.armed !== undefined;
  }

  get aborting(): boolean {
    return (this.stopped ?? this.early)?.kind === 'abort';
  }

  /** While the forward path runs: `stop` is called at most once, at the first reason to leave it. */
  arm(stop: () => void): void {
    this.stopped = this.early;
    this.early = undefined;
    this.armed = stop;
    if (this.stopped !== undefined) stop();
  }

  disarm(): void {
    this.armed = undefined;
  }

  /** Leaves the forward path. An abort wins over any other reason that was not acted on yet. */
  interrupt(interruption: Interruption): void {
    if (this.armed === undefined) this.early ??= interruption;
    if (this.armed === undefined || this.aborting) return;
    const first = this.stopped === undefined;
    if (first || interruption.kind === 'abort') this.stopped = interruption;
    if (first) this.armed();
  }

  /** The names of what a person may `accept` now. */
  findings(): string[] {
    return [...this.openFindings.keys()];
  }

  /** The answer to a hold, once. */
  takeDecision(): Decision | undefined {
    const { decision } = this;
    this.decision = undefined;
    return decision;
  }
}
