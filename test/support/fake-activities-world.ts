import { EventEmitter } from 'node:events';
import { activityInfo, Context, sleep } from '@temporalio/activity';
import type { Activities, Seal } from '../../src/activities/contract.ts';
import type { Drift } from '../../src/domain/configuration.ts';
import { CrossfadeError, type ErrorCode } from '../../src/domain/errors/index.ts';
import type { Finding } from '../../src/domain/findings.ts';
import type { HowTold } from '../../src/domain/sessions.ts';
import type { Verdict } from '../../src/domain/verdict/index.ts';

export type ActivityName = keyof Activities;

/** One attempt of an activity; `began` and `ended` count all begins and ends of the world, so that overlaps can be seen. */
export interface Call {
  readonly name: ActivityName;
  /** The name, and what tells its calls apart: `setWeight:25`, `stopNodes:y`. */
  readonly key: string;
  readonly input: unknown;
  readonly queue: string;
  readonly began: number;
  ended?: number;
  result?: 'done' | 'failed' | 'cancelled';
}

/** Takes the place of a fake activity; `usual` does what the fake does otherwise. */
export type Override = (input: unknown, usual: () => Promise<unknown>) => Promise<unknown>;

/** What one upgrade acts on, in memory, and all that was done to it. */
export class World {
  weight = 0;
  /** Where balancers differ: by name. */
  readonly weights = new Map<string, number>();
  out = new Set<string>();
  epoch = 0;
  testers = false;
  frozen = false;
  xUp = true;
  yUp = false;
  seal: Seal | undefined;
  /** The role that Y logs on by, while it is there. */
  roleOfY: string | undefined;
  lockedOut: readonly string[] = [];
  /** How X's sessions are known; and sessions that look like Kong's and are of no node. */
  told: HowTold = { by: 'role', roles: ['kong'] };
  strangers: string[] = [];
  /** `up` leaves something to `finish`. */
  pendingAfterUp = true;
  finished = false;
  drift: Drift['changes'] = [];
  /** The server's databases, by PostgreSQL's number of them. */
  databases = new Map([[1, 'kong']]);
  /** What stands in the way of a restore. */
  obstacles: string[] = [];
  /** Another one when somebody writes to the database. */
  mark = 'as it was';
  /** What a rule of the preflight finds, first run and on the frozen state. */
  findings: Finding[] = [];
  frozenFindings: Finding[] = [];
  shareArrives = true;
  nodesNotReady: Record<'x' | 'y', Record<string, string>> = { x: {}, y: {} };
  /** Names of balancers that do not answer the look at their weight. */
  readonly silent = new Set<string>();
  /** How a watch of that name ends; a pass after its bake by default. */
  readonly verdicts = new Map<string, Verdict>();
  readonly calls: Call[] = [];
  private clock = 0;
  private readonly overrides = new Map<string, Override>();
  private readonly changes = new EventEmitter().setMaxListeners(0);
  private readonly breaches = new EventEmitter().setMaxListeners(0);

  /** Overrides by key or by name. */
  on(key: string, override: Override): void {
    this.overrides.set(key, override);
  }

  /** The usual behaviour again. */
  mend(key: string): void {
    this.overrides.delete(key);
  }

  async perform(name: ActivityName, key: string, input: unknown, usual: () => Promise<unknown>): Promise<unknown> {
    const call: Call = { name, key, input, queue: activityInfo().taskQueue, began: (this.clock += 1) };
    this.calls.push(call);
    this.changes.emit('change');
    const override = this.overrides.get(key) ?? this.overrides.get(name);
    try {
      const result = await (override === undefined ? usual() : override(input, usual));
      call.result = 'done';
      return result;
    } catch (error) {
      call.result = Context.current().cancellationSignal.aborted ? 'cancelled' : 'failed';
      throw error;
    } finally {
      call.ended = this.clock += 1;
      this.changes.emit('change');
    }
  }

  /** The keys of all calls, in the order in which they began. */
  order(from = 0): string[] {
    return this.calls.slice(from).map(({ key }) => key);
  }

  /** Resolves once so many calls of that key (or name) have begun. */
  async began(key: string, times = 1): Promise<void> {
    await this.until(() => this.calls.filter((call) => call.key === key || call.name === key).length >= times);
  }

  async ended(key: string, times = 1): Promise<void> {
    const over = (call: Call): boolean => (call.key === key || call.name === key) && call.ended !== undefined;
    await this.until(() => this.calls.filter(over).length >= times);
  }

  /** Resolves once people are told something with all these words. */
  async peopleHear(...words: readonly string[]): Promise<void> {
    const texts = () => this.calls.filter(({ name }) => name === 'notify').map(({ input }) => JSON.stringify(input));
    await this.until(() => texts().some((text) => words.every((word) => text.includes(word))));
  }

  /** A running watch ends with `fail` at once, as when Y begins to answer errors. */
  breachNow(): void {
    this.breaches.emit('breach');
  }

  /** Waits until this is so, or the activity is cancelled. */
  seen(condition: () => boolean): Promise<unknown> {
    return Promise.race([this.until(condition), Context.current().cancelled]);
  }

  /** Something that is waited for may be so now. */
  changed(): void {
    this.changes.emit('change');
  }

  /** Waits like a watch: until the bake is over (never without), a breach, or cancellation. */
  async watch(bake: number | undefined): Promise<'over' | 'breach'> {
    let breached = (): void => undefined;
    const breach = new Promise<'breach'>((resolve) => {
      breached = () => resolve('breach');
      this.breaches.once('breach', breached);
    });
    try {
      const over = bake === undefined ? Context.current().cancelled : sleep(bake).then(() => 'over' as const);
      return await Promise.race([over, breach, Context.current().cancelled]);
    } finally {
      this.breaches.off('breach', breached);
    }
  }

  private async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.changes.once('change', () => resolve()));
  }
}

/** Fails and is not retried. */
export const fails =
  (code: ErrorCode, message = `made to fail with ${code}`): Override =>
  () =>
    Promise.reject(new CrossfadeError(code, message));

/** Only from the nth call on; before that as usual. */
export const fromCall = (nth: number, override: Override): Override => {
  let count = 0;
  return (input, usual) => ((count += 1) < nth ? usual() : override(input, usual));
};

/** Does what it usually does once `gate` lets it; a cancellation does not hurry it. */
export const waitsFor =
  (gate: Promise<void>): Override =>
  async (_input, usual) => {
    await gate;
    return usual();
  };

/** Hears of a cancellation, and does all the same what it usually does, once `gate` lets it. */
export const endsAllTheSame =
  (gate: Promise<void>): Override =>
  async (_input, usual) => {
    await Context.current().cancelled.catch(() => undefined);
    await gate;
    return usual();
  };

/** Works until it is cancelled, and then takes a while to end. */
export const endsLate =
  (ms: number): Override =>
  async () => {
    await Context.current().cancelled.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, ms));
    throw await Context.current().cancelled.catch((error: unknown) => error);
  };

/** A promise and what resolves it. */
export function deferred(): { promise: Promise<void>; resolve: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, resolve };
}
