import type { MigrationState } from '../migrations.ts';
import { failureOf, type Failure } from './failure.ts';
import type { CommandText } from './read.ts';

/** What to do before a command. `plugins`: the command must run with these alone, see {@link beforeUp}. */
export type Before =
  | { readonly go: 'nothing-to-do' }
  | { readonly go: 'run'; readonly plugins?: readonly string[] }
  | { readonly go: 'fail'; readonly failure: Failure };

/** What is true after a command. */
export type After = { readonly done: true } | { readonly done: false; readonly failure: Failure };

/**
 * Whether `up` is to run. `begun`: the migrations that were new when this very upgrade first began its `up`; `undefined`
 * when it never did.
 *
 * After an `up` that was killed half-way, Kong sees pending and new migrations, and refuses both commands. Since it looks only at the
 * plugins that it is told of, it goes on when it is told of those that still have something new.
 */
export function beforeUp(state: MigrationState, begun: readonly string[] | undefined): Before {
  if (state.state === 'needs-bootstrap') return bootstrap();
  if (state.state === 'clean') return { go: 'nothing-to-do' };
  if (state.state === 'new') return { go: 'run' };
  const foreign = state.pending.filter((one) => begun?.includes(one) !== true);
  if (foreign.length > 0) {
    const message = `Pending since an earlier upgrade: ${foreign.join(', ')}.`;
    return fail('PendingFromEarlierUpgrade', message);
  }
  if (state.state === 'pending') return { go: 'nothing-to-do' };
  const [pending, fresh] = [subsystems(state.pending), subsystems(state.new)];
  const both = [...pending].filter((one) => fresh.has(one) || one === 'core');
  if (both.length > 0)
    return fail('UpStuck', `Ended in the middle: ${both.join(', ')} is pending while ${state.new.join(', ')} is new.`);
  return { go: 'run', plugins: [...fresh].filter((one) => one !== 'core') };
}

/** Judges `up` by the state that was read after it; its exit code and text only explain a failure. */
export function afterUp(after: MigrationState, outcome: CommandText & { timedOut?: boolean }): After {
  if (after.state === 'clean' || after.state === 'pending') return { done: true };
  return notDone('kong migrations up', after, outcome);
}

/** Whether `finish` is to run, once the seal is there. */
export function beforeFinish(state: MigrationState): Before {
  if (state.state === 'needs-bootstrap') return bootstrap();
  if (state.state === 'clean') return { go: 'nothing-to-do' };
  if (state.state === 'pending') return { go: 'run' };
  return fail('UpNotDone', `New for this version, so up has not run for it: ${state.new.join(', ')}.`);
}

/** Judges `finish` by the state that was read after it. */
export function afterFinish(after: MigrationState, outcome: CommandText & { timedOut?: boolean }): After {
  return after.state === 'clean' ? { done: true } : notDone('kong migrations finish', after, outcome);
}

/** What a command has done, by the states before and after it. */
export function whatRan(before: MigrationState, after: MigrationState): readonly string[] {
  const finished = before.pending.filter((one) => after.executed.includes(one));
  return [...before.new.filter((one) => !after.new.includes(one)), ...finished];
}

function notDone(command: string, after: MigrationState, outcome: CommandText & { timedOut?: boolean }): After {
  const failure = failureOf(command, outcome, 'MigrationFailed');
  return { done: false, failure: { ...failure, message: `${failure.message} ${describe(after)}` } };
}

/** A state as one sentence for people. */
export function describe({ state, pending, new: fresh }: MigrationState): string {
  if (state === 'needs-bootstrap') return 'The database needs bootstrapping.';
  const parts = [
    ...(fresh.length > 0 ? [`new: ${fresh.join(', ')}`] : []),
    ...(pending.length > 0 ? [`pending: ${pending.join(', ')}`] : []),
  ];
  return parts.length === 0 ? 'No migration is new or pending.' : `The state is ${parts.join('; ')}.`;
}

const subsystems = (names: readonly string[]): Set<string> => new Set(names.map((name) => name.split('/')[0] ?? name));

const fail = (code: Failure['code'], message: string): Before => ({ go: 'fail', failure: { code, message } });

const bootstrap = (): Before =>
  fail('NeedsBootstrap', "Kong's command finds no Kong database: it says that the database needs bootstrapping.");
